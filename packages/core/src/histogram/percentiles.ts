import type { Percentiles } from '../report.js';
import { type Scale, slotEdges } from './slots.js';

const SHARES = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999, max: 1 } as const;

/**
 * Nearest-rank percentiles in the scale's unit, each the middle of the slot that the value fell into: off by half a
 * slot at most, 1.6 % with 5 bits, and by 1/64 of the unit below one unit. undefined: nothing was counted.
 */
export function percentiles(
  counts: ReadonlyMap<number, number>,
  scale: Scale,
): Percentiles | undefined {
  const slots = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = slots.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const at = (share: number) => {
    let rank = Math.max(1, Math.ceil(total * share));
    for (const [slot, count] of slots) {
      rank -= count;
      if (rank <= 0) return middle(slot, scale);
    }
    return middle(slots.at(-1)?.[0] ?? 0, scale);
  };
  return Object.fromEntries(
    Object.entries(SHARES).map(([name, share]) => [name, at(share)]),
  ) as unknown as Percentiles;
}

/** Of a slot that is one whole value wide, that value. */
function middle(slot: number, scale: Scale): number {
  const [from, to] = slotEdges(slot, scale);
  if (scale.unit === 'ns' && to - from === 1) return from;
  return Number(((from + to) / 2).toPrecision(4));
}
