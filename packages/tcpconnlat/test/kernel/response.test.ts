import { machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { LOOPBACK, type Row, type Scene, type Traced, traceAll } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));

const LATE_MS = 200;
/** What a machine that is busy, or emulated, adds to it. */
const SLACK_MS = guest ? 1000 : 150;
const SILENT = 5;

const SCENES: readonly Scene[] = [
  ['respond', LATE_MS, 0],
  ['respond', LATE_MS, 1],
  ['own', '127.0.0.1', SILENT],
  ['refused'],
];

let traced: Traced;
let histograms: Traced;

beforeAll(async () => {
  const work = { workload: 'connections', setup: LOOPBACK, scenes: SCENES } as const;
  const all = await traceAll(machine, work, [
    ['--first-response'],
    ['--first-response', '--histogram'],
  ]);
  [traced, histograms] = all.traced as [Traced, Traced];
});

function expectLate(row: Row | undefined) {
  expect(row?.result).toBe('ok');
  expect(row?.first_response_ms).toBeGreaterThanOrEqual(LATE_MS);
  expect(row?.first_response_ms).toBeLessThan(LATE_MS + SLACK_MS);
}

describe('--first-response', () => {
  it('is the time to the first data of the peer', () => {
    const [row] = traced.rows;
    expectLate(row);
    expect(row?.first_response_by).toBe('segment');
    expect(row?.latency_ms).toBeLessThan(guest ? LATE_MS : 100);
  });

  it('is the time of the read after half of the connection was closed', () => {
    const row = traced.rows[1];
    expectLate(row);
    expect(row?.first_response_by).toBe('read');
  });

  it('is null where the peer never said anything', () => {
    const silent = traced.rows.filter(
      ({ result, first_response_by: by }) => result === 'ok' && !by,
    );
    // The second connect() of a socket that was refused is one too.
    expect(silent).toHaveLength(SILENT + 1);
    for (const { first_response_ms: first } of silent) expect(first).toBeNull();
  });

  it('is null for a failure', () => {
    const refused = traced.rows.filter(({ result }) => result === 'refused');
    expect(refused).toMatchObject([{ first_response_ms: null, first_response_by: null }]);
  });

  it('counts those that were late, and keeps none', () => {
    const { summary } = traced;
    expect(summary).toMatchObject({ events: 4 + SILENT, in_flight: 0 });
    expect(summary.quality).toMatchObject({ late_responses: 2, responses_not_timed: 0 });
  });

  it('has percentiles of both times with --histogram', () => {
    const { summary } = histograms;
    expect(summary).toMatchObject({ events: 4 + SILENT, reported: 4 + SILENT });
    const counted = histograms.histograms.map(({ labels, count }) => ({
      ...(labels as object),
      count,
    }));
    const destination = '127.0.0.1';
    expect(counted).toEqual([
      { destination, stage: 'connect', result: 'ok', count: 3 + SILENT },
      { destination, stage: 'connect', result: 'refused', count: 1 },
      { destination, stage: 'first_response', result: 'ok', count: 2 },
    ]);
    const { percentiles } = histograms.histograms[2] as { percentiles: Record<string, number> };
    // Within 3.1 %.
    expect(percentiles.max).toBeGreaterThan(LATE_MS * 1000 * 0.969);
    expect(percentiles.max).toBeLessThan((LATE_MS + SLACK_MS) * 1000 * 1.031);
  });
});
