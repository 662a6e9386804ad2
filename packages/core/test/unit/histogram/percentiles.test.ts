import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentiles } from '../../../src/histogram/percentiles.js';
import { FINE, slotEdges } from '../../../src/histogram/slots.js';

const scale = { unit: 'us', bits: FINE } as const;

/** By search: another way than the BPF's. */
function slotOf(value: number): number {
  let slot = 0;
  while (slotEdges(slot, scale)[1] <= value) slot++;
  return slot;
}

function counted(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(slotOf(value), (counts.get(slotOf(value)) ?? 0) + 1);
  return counts;
}

describe('percentiles', () => {
  it('are within 3.1 % of the nearest rank, from one unit on', () => {
    const values = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(values, (all) => {
        const sorted = [...all].sort((a, b) => a - b);
        const found = percentiles(counted(all), scale);
        for (const [name, share] of [
          ['p50', 0.5],
          ['p90', 0.9],
          ['p99', 0.99],
          ['p999', 0.999],
          ['max', 1],
        ] as const) {
          const exact = sorted[Math.max(1, Math.ceil(all.length * share)) - 1] as number;
          expect(Math.abs((found?.[name] ?? 0) - exact) / exact).toBeLessThan(0.031);
        }
      }),
    );
  });

  it('are none of nothing', () => {
    expect(percentiles(new Map(), scale)).toBeUndefined();
    expect(percentiles(new Map([[3, 0]]), scale)).toBeUndefined();
  });
});
