import { host } from '@probekit/core/testing';
import { describe, expect, it } from 'vitest';
import { LOOPBACK, trace } from '../fixtures/run.js';

describe('shows only what was asked for:', () => {
  it.each([
    [['--port', '80'], 1],
    [['--port', '81-90'], 0],
    [['--daddr', '10.7.0.0/16'], 1],
    [['--daddr', '10.7.0.1'], 1],
    [['--daddr', '10.6.0.0/16'], 0],
    [['-4'], 1],
    [['-6'], 0],
    [['1000'], 0],
  ])('%s', async (options, count) => {
    const { rows, summary } = await trace(host, LOOPBACK, ['try', '10.7.0.1', 80], options);
    expect(rows).toHaveLength(count);
    expect(summary.events).toBe(options[0] === '1000' ? 1 : count);
    expect(summary.below_threshold).toBe(options[0] === '1000' ? 1 : 0);
  });
});
