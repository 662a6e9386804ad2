import type { Outcome, TypedObject } from '@probekit/core';
import type { Quality } from './ext4slower.gen.js';
import type { skeleton } from './row.js';

/** What only BPF could see of the run's quality, and what a person should know of it. */
export async function readQuality(
  object: TypedObject<typeof skeleton>,
): Promise<{ outcome: Outcome; notices: string[] }> {
  const starts = await object.maps.starts.snapshot();
  const asyncs = await object.maps.asyncs.count();
  const cpus = object.maps.quality.perCpu(0);
  const sum = (member: keyof Quality) => cpus.reduce((total, cpu) => total + cpu[member], 0);
  const notKept = sum('opensNotKept');
  const unknown = sum('filesUnknown');
  const notices: string[] = [];
  if (notKept > 0) {
    notices.push(
      `${notKept} open() calls found no room, and some may have been on ext4; raise --start-storage-size`,
    );
  }
  if (unknown > 0) {
    notices.push(`${unknown} files were closed while a call used them: their names are unknown`);
  }
  return {
    outcome: {
      // Places stay with their threads.
      inFlight: starts.filter(([, { isOpen, isCounted }]) => isOpen && isCounted).length + asyncs,
      quality: { opens_not_kept: notKept, files_unknown: unknown, retries: sum('retries') },
    },
    notices,
  };
}
