import type { Outcome, TypedObject } from '@probekit/core';
import type { Quality, skeleton } from './biolatency.gen.js';

/** What only BPF could see of the run's quality, and what a person should know of it. */
export async function readQuality(
  object: TypedObject<typeof skeleton>,
): Promise<{ outcome: Outcome; notices: string[] }> {
  const starts = await object.maps.starts.snapshot();
  const cpus = object.maps.quality.perCpu(0);
  const sum = (member: keyof Quality) => cpus.reduce((total, cpu) => total + cpu[member], 0);
  const unknown = sum('queueTimeUnknown');
  const unattributed = sum('notAttributable');
  const lost = sum('queueTimesLost');
  const notices: string[] = [];
  if (unknown > 0) {
    notices.push(
      `${unknown} requests did not say when they were queued and count with 0; iostats in /sys/block/*/queue changes that`,
    );
  }
  if (unattributed > 0) {
    notices.push(
      `${unattributed} I/Os belong to no cgroup that is known: flushes or kernel threads`,
    );
  }
  if (lost > 0) {
    notices.push(`${lost} queue times found no room; raise --histogram-storage-size`);
  }
  const outcome = {
    // Requests that ended may keep their places.
    inFlight: starts.filter(([, { isOpen }]) => isOpen !== 0).length,
    withdrawn: sum('merged'),
    quality: {
      merged: sum('merged'),
      requeued: sum('requeued'),
      parts: sum('parts'),
      queued_since_allocation: sum('queuedSinceAllocation'),
      queue_time_unknown: unknown,
      not_attributable: unattributed,
      queue_times_lost: lost,
    },
  };
  return { outcome, notices };
}
