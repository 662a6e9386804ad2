import { possibleCpus } from '../system.js';
import type { AnyTool, CommonArgs } from './define.js';

/** Entries and bytes of each map of a run with these options, as far as the layout tells. */
export function mapSizes(
  { skeleton, maxEntries }: AnyTool['definition'],
  args: CommonArgs,
): Record<string, { entries: number; bytes: number }> {
  const sizes: Record<string, { entries: number; bytes: number }> = {};
  const chosen: Readonly<Record<string, number>> = maxEntries?.(args) ?? {};
  for (const [name, map] of Object.entries<Sized>(skeleton.maps)) {
    const { type, keySize, valueSize } = map;
    const entries = chosen[name] ?? map.maxEntries;
    const values = type.startsWith('percpu_') ? possibleCpus().length : 1;
    sizes[name] = { entries, bytes: entries * (keySize + values * valueSize) };
  }
  return sizes;
}

/** The least that the maps of a run take. */
export function mapBytes(definition: AnyTool['definition'], args: CommonArgs): number {
  return Object.values(mapSizes(definition, args)).reduce((sum, { bytes }) => sum + bytes, 0);
}

interface Sized {
  readonly type: string;
  readonly maxEntries: number;
  readonly keySize: number;
  readonly valueSize: number;
}
