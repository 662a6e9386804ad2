import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FINE,
  nsPer,
  POWERS_OF_TWO,
  type Scale,
  slotEdges,
  wholeSlots,
} from '../../../src/histogram/slots.js';
import { compileWorkload } from '../../../src/testing/workload.js';

const UNITS = ['ns', 'us', 'ms'] as const;
const scales: Scale[] = UNITS.flatMap((unit) => [
  { unit, bits: POWERS_OF_TWO },
  { unit, bits: FINE },
]);

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
const bpf = fileURLToPath(new URL('../../../bpf', import.meta.url));
const program = compileWorkload(path.join(fixtures, 'slots.c'), ['-I', bpf]);

/** What slots.bpf.h itself says. */
function slotsOf(times: readonly number[], { unit, bits }: Scale): number[] {
  const input = times.map((ns) => `${ns} ${UNITS.indexOf(unit)} ${bits}\n`).join('');
  const printed = execFileSync(program, { input, encoding: 'utf8' });
  return printed.trim().split('\n').map(Number);
}

const times = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 2 ** 48 }),
    // Around the edges: powers of two of each unit.
    fc
      .tuple(
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom(1, 1e3, 1e6),
        fc.integer({ min: -2, max: 2 }),
      )
      .map(([power, unit, off]) => Math.max(0, 2 ** power * unit + off)),
  ),
  { minLength: 200, maxLength: 200 },
);

describe.each(scales)('slots of $unit with $bits bits', (scale) => {
  it('hold the times that BPF puts into them', () => {
    fc.assert(
      fc.property(times, (all) => {
        slotsOf(all, scale).forEach((slot, i) => {
          const value = (all[i] as number) / nsPer(scale.unit);
          const [from, to] = slotEdges(slot, scale);
          // Without a fraction a time counts as the whole units that are in it.
          expect(from).toBeLessThanOrEqual(value);
          expect(to).toBeGreaterThan(scale.bits || scale.unit === 'ns' ? value : Math.floor(value));
        });
      }),
      { numRuns: 20 },
    );
  });

  it('follow one another, each at most 2^-bits of its values wide', () => {
    for (let slot = 0; slot < 1000; slot++) {
      const [from, to] = slotEdges(slot, scale);
      expect(slotEdges(slot + 1, scale)[0]).toBe(to);
      const isExact = scale.unit === 'ns' && to - from === 1;
      if (from >= 1 && !isExact) expect((to - from) / from).toBeLessThanOrEqual(2 ** -scale.bits);
    }
  });

  it('lose no count between whole units, and break at each power of two', () => {
    const counts = new Map(Array.from({ length: 900 }, (_, i) => [i, i + 1] as const));
    const slots = wholeSlots(scale.bits ? counts : new Map([...counts].slice(0, 40)), scale);
    const total = slots.reduce((sum, { count }) => sum + count, 0);
    expect(total).toBe(scale.bits ? (900 * 901) / 2 : (40 * 41) / 2);
    slots.forEach(({ from, to }, i) => {
      expect(Number.isInteger(from) && Number.isInteger(to) && to >= from).toBe(true);
      if (i > 0) expect(from).toBe((slots[i - 1]?.to ?? 0) + 1);
      if (from > 1) expect(Math.floor(Math.log2(from))).toBe(Math.floor(Math.log2(to)));
    });
  });
});

describe('powers of two', () => {
  it('begin with 0 to 1, as BCC prints them', () => {
    const counts = new Map([
      [0, 1],
      [1, 2],
      [2, 3],
      [7, 4],
    ]);
    expect(wholeSlots(counts, { unit: 'us', bits: POWERS_OF_TWO })).toEqual([
      { from: 0, to: 1, count: 3 },
      { from: 2, to: 3, count: 3 },
      { from: 64, to: 127, count: 4 },
    ]);
  });
});
