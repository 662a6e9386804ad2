import { ToolError } from '@probekit/core';
import type { HistogramKey } from './biolatency.gen.js';
import type { Device, DiskNames } from './disks.js';
import { flagsText } from './flags.js';

/** enum stage of life.bpf.h. */
const STAGES = [undefined, 'queue', 'device'] as const;

/** The labels of a key, in the order in which they are printed. */
export function labels(args: { disks: boolean; flags: boolean; split: boolean }, names: DiskNames) {
  return ({ disk, flags, stage }: HistogramKey): Record<string, string> => ({
    ...(args.disks ? { disk: names.get(disk) } : {}),
    ...(args.flags ? { flags: flagsText(flags) } : {}),
    ...(args.split ? { stage: STAGES[stage] ?? '' } : {}),
  });
}

/** Throws ToolError for a device that makes no requests, where requests were asked for. */
export function deviceRodata(device: Device | undefined, { bio }: { bio: boolean }) {
  if (!device) return {};
  if (!bio && !device.makesRequests) {
    throw new ToolError(`${device.name} makes no requests of its bios: add --bio`);
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
