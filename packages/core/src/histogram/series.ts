import type { HistogramChunk } from '../core.gen.js';
import { type Histogram, histogram } from '../report.js';
import type { Tick } from '../tool/clock.js';
import { percentiles } from './percentiles.js';
import { nsPer, POWERS_OF_TWO, type Scale, SLOTS_PER_CHUNK, wholeSlots } from './slots.js';

/** A map that HISTOGRAMS() of histogram.bpf.h declares. */
export interface HistogramMap<K> {
  snapshot(): Promise<[K, HistogramChunk][]>;
}

export type Labels = Readonly<Record<string, string>>;

/** What was counted under one set of labels. */
export interface Counted {
  readonly labels: Labels;
  /** By slot number. */
  readonly counts: Map<number, number>;
  sumNs: number;
  bytes: number;
}

/**
 * The intervals of cumulative histograms: each call of `since` gives what came since the one before it, so that
 * their sum is what the kernel counted, whatever came meanwhile.
 */
export class HistogramSeries<K extends { readonly chunk: number }> {
  private before = new Map<string, HistogramChunk>();

  constructor(
    private readonly map: HistogramMap<K>,
    /** Keys with the same labels are one histogram. */
    private readonly labelsOf: (key: K) => Labels,
  ) {}

  /** Of each set of labels that something was counted under, in the order of the labels' values. */
  async since(): Promise<Counted[]> {
    const byLabels = new Map<string, Counted>();
    const now = new Map<string, HistogramChunk>();
    for (const [key, chunk] of await this.map.snapshot()) {
      const id = JSON.stringify(key);
      now.set(id, chunk);
      const before = this.before.get(id);
      if (before && isSame(before, chunk)) continue;
      const labels = this.labelsOf(key);
      const name = JSON.stringify(labels);
      const counted = byLabels.get(name) ?? { labels, counts: new Map(), sumNs: 0, bytes: 0 };
      byLabels.set(name, counted);
      counted.sumNs += chunk.sumNs - (before?.sumNs ?? 0);
      counted.bytes += chunk.bytes - (before?.bytes ?? 0);
      for (const [i, count] of chunk.slots.entries()) {
        const gained = count - (before?.slots[i] ?? 0);
        const slot = key.chunk * SLOTS_PER_CHUNK + i;
        if (gained > 0) counted.counts.set(slot, (counted.counts.get(slot) ?? 0) + gained);
      }
    }
    this.before = now;
    return [...byLabels]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([, counted]) => counted);
  }
}

function isSame(before: HistogramChunk, now: HistogramChunk): boolean {
  return before.sumNs === now.sumNs && before.slots.every((count, i) => count === now.slots[i]);
}

/** When a report was due and, with an interval, which one it is. */
export function ofTick({ time, seq, intervalS }: Tick, isInterval: boolean) {
  return isInterval ? { time, seq, intervalS } : { time };
}

/**
 * One histogram for each set of labels; an empty one when nothing was counted, so that every interval has a record.
 * `sizes`: with the sum of the events' sizes, which the object must count (histogram_sizes).
 */
export function histograms(
  counted: readonly Counted[],
  scale: Scale,
  {
    sizes,
    ...fields
  }: Partial<Pick<Histogram, 'time' | 'seq' | 'intervalS'>> & { readonly sizes?: boolean } = {},
): Histogram[] {
  const all =
    counted.length > 0 ? counted : [{ labels: {}, counts: new Map(), sumNs: 0, bytes: 0 }];
  return all.map(({ labels, counts, sumNs, bytes }) => {
    const found = scale.bits > POWERS_OF_TWO ? percentiles(counts, scale) : undefined;
    return histogram({
      ...fields,
      unit: scale.unit,
      labels,
      slots: wholeSlots(counts, scale),
      sum: sumNs / nsPer(scale.unit),
      ...(found ? { percentiles: found } : {}),
      ...(sizes ? { bytes } : {}),
    });
  });
}
