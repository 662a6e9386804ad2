import {
  type HistogramChunk,
  type HistogramMap,
  ToolError,
  type TypedObject,
} from '@probekit/core';
import type { HistogramKey, skeleton } from './biolatency.gen.js';
import type { Device, DiskNames } from './disks.js';
import { flagsText } from './flags.js';

/** enum stage of latency.bpf.h. */
const STAGES = [undefined, 'queue', 'device'] as const;

/** The labels of a key, in the order in which they are printed. */
export function labels(args: { disks: boolean; flags: boolean; split: boolean }, names: DiskNames) {
  return ({ disk, flags, stage }: HistogramKey): Record<string, string> => ({
    ...(args.disks ? { disk: names.get(disk) } : {}),
    ...(args.flags ? { flags: flagsText(flags) } : {}),
    ...(args.split ? { stage: STAGES[stage] ?? '' } : {}),
  });
}

/** Where the object counts: in one histogram when there are no labels to tell apart. */
export function histogramMap(
  { maps }: TypedObject<typeof skeleton>,
  args: { disks: boolean; flags: boolean; split: boolean },
): HistogramMap<HistogramKey> {
  if (args.disks || args.flags || args.split) return maps.histograms;
  const withKey = ([chunk, value]: [number, HistogramChunk]): [HistogramKey, HistogramChunk] => [
    { disk: 0, flags: 0, stage: 0, chunk },
    value,
  ];
  return { snapshot: async () => (await maps.histogram.snapshot()).map(withKey) };
}

/** Throws ToolError for a device that makes no requests where requests were asked for, and the other way round. */
export function deviceRodata(device: Device | undefined, { bio }: { bio: boolean }) {
  if (!device) return {};
  if (!bio && !device.makesRequests) {
    throw new ToolError(`${device.name} makes no requests of its bios: add --bio`);
  }
  if (bio && device.makesRequests) {
    throw new ToolError(`${device.name} makes requests of its bios: leave --bio out`);
  }
  const { disk, sectors } = device;
  return {
    only_disk: true,
    disk_wanted: disk,
    ...(sectors
      ? { only_partition: true, first_sector: sectors.first, end_sector: sectors.end }
      : {}),
  };
}
