import { describe, expect, it } from 'vitest';
import { closingLines } from '../../../src/cli/messages.js';
import { summary } from '../../fixtures/reports.js';

describe('the lines that a run ends with', () => {
  it.each([
    [{ events: 10, reported: 10 }, []],
    [{ events: 10, missed: 0 }, []],
    [{ events: 10, missed: null, unmatchedEnds: 3, inFlight: 2, belowThreshold: 5 }, []],
    [{ events: 10, lost: { ring_full: 3 } }, ['lost of 10 events: 3 ring_full']],
    [
      { events: 10, lost: { ring_full: 3, map_full: 1 }, missed: 2 },
      ['lost of 12 events: 1 map_full, 3 ring_full, 2 missed by the kernel on all CPUs'],
    ],
    [{ events: 0, missed: 2 }, ['lost of 2 events: 2 missed by the kernel on all CPUs']],
    [
      { programs: { start: { runs: 10, meanNs: 243.6 }, end: { runs: 0, meanNs: 0 } } },
      ['program start ran 10 times, 244 ns each', 'program end ran 0 times, 0 ns each'],
    ],
  ])('of %j are %j', (fields, lines) => expect(closingLines(summary(fields))).toEqual(lines));
});
