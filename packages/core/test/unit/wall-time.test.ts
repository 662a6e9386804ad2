import { describe, expect, it } from 'vitest';
import { wallTime } from '../../src/wall-time.js';

const now = () => Number(process.hrtime.bigint());

describe('the wall time of a kernel time stamp', () => {
  it('is that of the clock', () => {
    const before = Date.now();
    const shown = Date.parse(wallTime(now()));
    expect(shown).toBeGreaterThanOrEqual(before - 2);
    expect(shown).toBeLessThanOrEqual(Date.now() + 2);
  });

  it('is ISO 8601 in milliseconds, over the edge of a second and back', () => {
    const start = now();
    const times = [0, 1, 999, 1000, 61_001, 500, -2000].map((ms) => wallTime(start + ms * 1e6));
    const first = Date.parse(times[0] as string);
    expect(times.map((time) => Date.parse(time) - first)).toEqual([
      0, 1, 999, 1000, 61_001, 500, -2000,
    ]);
    for (const time of times) expect(time).toBe(new Date(time).toISOString());
  });
});
