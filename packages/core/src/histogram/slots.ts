import type { Histogram, Slot } from '../report.js';

/** How values become slots: the twin of slots.bpf.h. */
export interface Scale {
  readonly unit: Histogram['unit'];
  /** Each power of two is 2^bits slots. */
  readonly bits: number;
}

/** Whole powers of two, as BCC prints them. */
export const POWERS_OF_TWO = 0;

/** A slot is at most 1/32 of its values wide: 3.1 %, for values from one unit on. */
export const FINE = 5;

/** histogram.bpf.h's SLOTS_PER_CHUNK. */
export const SLOTS_PER_CHUNK = 32;

/** enum histogram_unit of slots.bpf.h. */
const UNITS = ['ns', 'us', 'ms'] as const;

const NS: Readonly<Record<Histogram['unit'], number>> = { ns: 1, us: 1e3, ms: 1e6 };

/** Nanoseconds in a unit. */
export function nsPer(unit: Histogram['unit']): number {
  return NS[unit];
}

/** The rodata of histogram.bpf.h. */
export function histogramRodata({ unit, bits }: Scale) {
  return { histogram_unit: UNITS.indexOf(unit), histogram_bits: bits };
}

/** The values that a slot counts, in its unit: from the first, included, to the second, excluded. */
export function slotEdges(slot: number, { unit, bits }: Scale): [from: number, to: number] {
  const perPower = 2 ** bits;
  const shift = Math.max(0, Math.floor(slot / perPower) - 1);
  const width = 2 ** shift;
  const first = (slot - shift * perPower) * width;
  const fraction = unit === 'ns' ? 1 : perPower;
  return [first / fraction, (first + width) / fraction];
}

/**
 * Slots as reports have them, ascending, between whole units: those that lie within one unit are added up, and with
 * whole powers of two the first is 0 to 1.
 */
export function wholeSlots(counts: ReadonlyMap<number, number>, scale: Scale): Slot[] {
  const slots = new Map<number, Slot>();
  for (const slot of [...counts.keys()].sort((a, b) => a - b)) {
    const [start, end] = slotEdges(slot, scale);
    const isFirst = scale.bits === POWERS_OF_TWO && end <= 2;
    const from = isFirst ? 0 : Math.floor(start);
    const to = isFirst ? 1 : Math.ceil(end) - 1;
    const count = (slots.get(from)?.count ?? 0) + (counts.get(slot) ?? 0);
    slots.set(from, { from, to, count });
  }
  return [...slots.values()];
}
