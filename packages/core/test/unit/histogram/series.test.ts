import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistogramChunk } from '../../../src/core.gen.js';
import { HistogramSeries, histograms } from '../../../src/histogram/series.js';
import { SLOTS_PER_CHUNK } from '../../../src/histogram/slots.js';

interface Key {
  readonly disk: number;
  readonly chunk: number;
}

/** The kernel's side: counts that only grow. */
class Counting {
  private readonly chunks = new Map<string, { sumNs: number; bytes: number; slots: number[] }>();

  add(disk: number, slot: number, ns: number): void {
    const id = JSON.stringify({ disk, chunk: Math.floor(slot / SLOTS_PER_CHUNK) });
    const chunk = this.chunks.get(id) ?? {
      sumNs: 0,
      bytes: 0,
      slots: Array(SLOTS_PER_CHUNK).fill(0),
    };
    this.chunks.set(id, chunk);
    chunk.sumNs += ns;
    chunk.slots[slot % SLOTS_PER_CHUNK] = (chunk.slots[slot % SLOTS_PER_CHUNK] ?? 0) + 1;
  }

  async snapshot(): Promise<[Key, HistogramChunk][]> {
    return [...this.chunks].map(([id, { sumNs, bytes, slots }]) => [
      JSON.parse(id) as Key,
      { sumNs, bytes, slots: [...slots] },
    ]);
  }
}

const byDisk = ({ disk }: Key) => ({ disk: `disk${disk}` });
const scale = { unit: 'us', bits: 5 } as const;

describe('the intervals of a cumulative histogram', () => {
  it('add up to one snapshot at the end, whatever came between', async () => {
    const events = fc.array(
      fc.record({ disk: fc.nat(2), slot: fc.nat(200), ns: fc.nat(1000), tick: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(events, async (all) => {
        const kernel = new Counting();
        const series = new HistogramSeries(kernel, byDisk);
        const sums = new Map<string, number>();
        const take = async () => {
          for (const { labels, counts, sumNs } of await series.since()) {
            for (const [slot, count] of [...counts, ['ns', sumNs] as const]) {
              const id = `${labels.disk} ${slot}`;
              sums.set(id, (sums.get(id) ?? 0) + count);
            }
          }
        };
        for (const { disk, slot, ns, tick } of all) {
          kernel.add(disk, slot, ns);
          if (tick) await take();
        }
        await take();
        const once = new Map<string, number>();
        for (const { labels, counts, sumNs } of await new HistogramSeries(kernel, byDisk).since()) {
          for (const [slot, count] of counts) once.set(`${labels.disk} ${slot}`, count);
          once.set(`${labels.disk} ns`, sumNs);
        }
        expect(sums).toEqual(once);
      }),
    );
  });

  it('have no histogram of a label under which nothing came', async () => {
    const kernel = new Counting();
    const series = new HistogramSeries(kernel, byDisk);
    kernel.add(1, 3, 10);
    kernel.add(2, 3, 10);
    expect((await series.since()).map(({ labels }) => labels)).toEqual([
      { disk: 'disk1' },
      { disk: 'disk2' },
    ]);
    kernel.add(2, 90, 10);
    expect(await series.since()).toEqual([
      { labels: { disk: 'disk2' }, counts: new Map([[90, 1]]), sumNs: 10, bytes: 0 },
    ]);
  });

  it('are one histogram for all keys of the same labels', async () => {
    const kernel = new Counting();
    kernel.add(1, 3, 10);
    kernel.add(2, 3, 20);
    const [all, ...more] = await new HistogramSeries(kernel, () => ({})).since();
    expect(more).toEqual([]);
    expect(all).toEqual({ labels: {}, counts: new Map([[3, 2]]), sumNs: 30, bytes: 0 });
  });
});

describe('reports of histograms', () => {
  it('are one that is empty when nothing was counted', () => {
    expect(histograms([], scale)).toMatchObject([{ labels: {}, slots: [], count: 0, sum: 0 }]);
  });

  it('carry sum in the unit, percentiles, and their interval', () => {
    const time = new Date(0);
    const counts = new Map([[64, 4]]);
    const [report] = histograms([{ labels: {}, counts, sumNs: 8000, bytes: 0 }], scale, {
      time,
      seq: 2,
      intervalS: 1,
    });
    expect(report).toMatchObject({ time, seq: 2, intervalS: 1, unit: 'us', count: 4, sum: 8 });
    expect(report?.percentiles?.p50).toBeCloseTo(2, 1);
  });
});
