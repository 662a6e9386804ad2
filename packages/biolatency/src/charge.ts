import { type Cgroup, findCgroup, ToolError } from '@probekit/core';

/** Whose I/O is whose: enum cgroup_by of charge.bpf.h. */
export type Way = 'charged' | 'submitter';

const NUMBERS: Readonly<Record<Way, number>> = { charged: 1, submitter: 2 };

/**
 * How the I/O of a cgroup is told from other I/O. charged: by what the kernel charges, where the controller is enabled
 * for it; writeback counts for the cgroup that wrote the pages. submitter: by the task that calls the block layer.
 * Throws ToolError where the hierarchy knows nothing of block I/O.
 */
export function cgroupWay(directory: string): { way: Way; cgroup: Cgroup } {
  const cgroup = findCgroup(directory);
  if (cgroup.controllers.includes('io')) return { way: 'charged', cgroup };
  if (cgroup.version === 2) return { way: 'submitter', cgroup };
  throw new ToolError(
    `the hierarchy of "${directory}" (${cgroup.controllers.join(',')}) has no block I/O controller; use a cgroup of blkio or of v2`,
    3,
  );
}

export function cgroupRodata(directory: string | undefined) {
  if (directory === undefined) return {};
  const { way, cgroup } = cgroupWay(directory);
  return { cgroup_by: NUMBERS[way], cgroup_wanted: cgroup.id };
}
