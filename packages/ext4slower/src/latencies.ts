import type { Counted, HistogramChunk, HistogramMap, TypedObject } from '@probekit/core';
import { OPERATIONS } from './operations.js';
import { skeleton } from './row.js';

const CHUNKS = skeleton.maps.latencies.maxEntries / OPERATIONS.length;

interface Key {
  readonly op: number;
  readonly chunk: number;
}

/** The array of all operations' chunks as a map of histograms. */
export function latencies({ maps }: TypedObject<typeof skeleton>): HistogramMap<Key> {
  return {
    async snapshot() {
      const all = await maps.latencies.snapshot();
      const counted = all.filter(([, { slots }]) => slots.some((count) => count > 0));
      return counted.map(([index, chunk]): [Key, HistogramChunk] => [
        { op: Math.floor(index / CHUNKS), chunk: index % CHUNKS },
        chunk,
      ]);
    },
  };
}

export const operationLabels = ({ op }: Key) => ({ op: OPERATIONS[op] ?? String(op) });

/** As OPERATIONS has them. */
export function inOrder(counted: readonly Counted[]): Counted[] {
  const place = ({ labels }: Counted) => (OPERATIONS as readonly string[]).indexOf(labels.op ?? '');
  return [...counted].sort((a, b) => place(a) - place(b));
}
