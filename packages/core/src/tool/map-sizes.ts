import { statSync } from 'node:fs';
import { objectFile } from '../object.js';
import { possibleCpus } from '../system.js';
import type { AnyTool } from './definition.js';
import type { CommonArgs } from './options.js';
import { type ScopeArgs, scopeEntries } from './scope.js';

/** Of a ring the entries are bytes. */
export interface MapSize {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * Each map and ring of a run with these options: its entries, and the most bytes that the kernel takes for it. By what
 * 5.10 charges (bpf_map_charge_init() and its callers in kernel/bpf/{arraymap,hashtab,stackmap,ringbuf}.c).
 */
export function mapSizes(
  { skeleton, maxEntries }: AnyTool['definition'],
  args: CommonArgs,
): Record<string, MapSize> {
  const sizes: Record<string, MapSize> = {};
  const chosen: Readonly<Record<string, number>> = {
    ...maxEntries?.(args),
    ...scopeEntries(skeleton, args as ScopeArgs),
  };
  for (const [name, map] of Object.entries<Sized>(skeleton.maps)) {
    const entries = chosen[name] ?? map.maxEntries;
    sizes[name] = { entries, bytes: mapBytes(map, entries) };
  }
  for (const [name, ring] of Object.entries<{ readonly maxEntries: number }>(skeleton.rings)) {
    const entries = chosen[name] ?? ring.maxEntries;
    sizes[name] = { entries, bytes: entries + RING_PAGES * PAGE + pageTable(entries) };
  }
  return sizes;
}

/** The most bytes that a kernel before 5.11 counts against RLIMIT_MEMLOCK for a run: maps, rings, programs and their data. */
export function lockedBytes(definition: AnyTool['definition'], args: CommonArgs): number {
  const maps = Object.values(mapSizes(definition, args)).reduce((sum, { bytes }) => sum + bytes, 0);
  // What is loaded of the file is less than the file: it has the types and the source lines too.
  const { size = 0 } = statSync(objectFile(definition.skeleton), { throwIfNoEntry: false }) ?? {};
  return maps + size + Object.keys(definition.skeleton.programs).length * PAGE;
}

function mapBytes({ type, keySize, valueSize }: Sized, entries: number): number {
  const cpus = possibleCpus().length;
  const isPerCpu = type.includes('percpu');
  const value = isPerCpu ? POINTER + cpus * align(valueSize, 8) : align(valueSize, 8);
  if (type.endsWith('array')) return pages(entries * value);
  const element = ELEMENT + align(keySize, 8) + value;
  const buckets = 2 ** Math.ceil(Math.log2(entries));
  // A stack for each bucket; a hash has spare elements, one a CPU.
  const elements = type === 'stack_trace' ? buckets : entries + (isPerCpu ? 0 : cpus);
  return pages(elements * element + buckets * BUCKET);
}

const PAGE = 4096;
const POINTER = 8;
/** struct htab_elem, and struct bucket. */
const ELEMENT = 48;
const BUCKET = 16;
/** struct bpf_ringbuf and its map: the two positions have a page each. */
const RING_PAGES = 5;

/** Where a ring lists its pages: its data's twice, since they are mapped twice. */
const pageTable = (bytes: number) => align((bytes / PAGE) * 2 * POINTER, PAGE);

/** With struct bpf_map and what else is there once. */
const pages = (bytes: number) => align(bytes, PAGE) + PAGE;

const align = (bytes: number, to: number) => Math.ceil(bytes / to) * to;

interface Sized {
  readonly type: string;
  readonly maxEntries: number;
  readonly keySize: number;
  readonly valueSize: number;
}
