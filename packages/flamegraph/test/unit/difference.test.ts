import { describe, expect, it } from 'vitest';
import { difference, differenceColor } from '../../src/page/difference.js';

/** The same numbers in each run: a linear congruential generator (Numerical Recipes). */
function dice(seed: number) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the difference of two profiles', () => {
  it.each([0.01, 0.1, 0.5])(
    'of one program is noise in 19 of 20 functions that take %s of it',
    (share) => {
      const random = dice(11);
      const sample = (size: number) => {
        let hits = 0;
        for (let i = 0; i < size; i++) if (random() < share) hits++;
        return hits;
      };
      const [before, after] = [3000, 5000];
      const runs = 2000;
      let noise = 0;
      for (let run = 0; run < runs; run++) {
        const part = { before: sample(before), after: sample(after) };
        if (difference(part, { before, after }).isNoise) noise++;
      }
      // Four standard deviations of such a count.
      expect(Math.abs(noise / runs - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / runs));
    },
  );

  it('is a change of the share, whatever the profiles count in all', () => {
    const { change, isNoise } = difference(
      { before: 100, after: 600 },
      { before: 1000, after: 2000 },
    );
    expect([change, isNoise]).toEqual([expect.closeTo(0.2, 10), false]);
    expect(difference({ before: 100, after: 205 }, { before: 1000, after: 2000 }).isNoise).toBe(
      true,
    );
  });

  it('of what is in one of them alone is none of noise, unless it is rare', () => {
    const whole = { before: 1000, after: 1000 };
    expect(difference({ before: 0, after: 50 }, whole).isNoise).toBe(false);
    expect(difference({ before: 0, after: 2 }, whole).isNoise).toBe(true);
    expect(difference({ before: 0, after: 0 }, whole)).toEqual({ change: 0, isNoise: true });
  });

  it('is deeper the larger it is', () => {
    const red = (change: number) =>
      Number(/,(\d+),/.exec(differenceColor({ change, isNoise: false }, 0.4))?.[1]);
    expect(red(0.4)).toBeLessThan(red(0.1));
    expect(differenceColor({ change: 0.4, isNoise: true }, 0.4)).toBe('rgb(205,205,205)');
  });
});
