import type { Outcome, TypedObject } from '@probekit/core';
import type { Calibration } from './calibrate.js';
import type { Quality, skeleton } from './funclatency.gen.js';
import type { Target } from './target.js';

/** How much more than the median the ninth call of ten may take without a word. */
const MOST_SPREAD = 1.5;

/**
 * How often the kernel did not run what begins a call. What ends one is missed in calls without an end, which are counted.
 * null: nobody can tell.
 */
function missedEntries(object: TypedObject<typeof skeleton>): number | null {
  const isEntry = (name: string) => !/return$|exit$/.test(name);
  const counts = [
    ...object
      .programs()
      .filter(({ name, loaded }) => loaded && isEntry(name))
      .map(({ recursionMisses }) => recursionMisses),
    ...object.attachments
      .filter(({ program }) => isEntry(program))
      .map(({ link }) => link.info().missed),
  ];
  return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}

/** What only BPF could see of the run's quality, and what a person should know of it. */
export async function readQuality(
  object: TypedObject<typeof skeleton>,
  { kind }: Target,
  cost: Pick<Calibration, 'costNs' | 'costP90Ns'> & { readonly isSubtracted: boolean },
): Promise<{ outcome: Outcome; notices: string[] }> {
  const { stacks, system_calls } = object.maps;
  const inFlight =
    kind === 'system'
      ? (await system_calls.snapshot()).filter(([, { state }]) => state !== 0).length
      : (await stacks.snapshot()).reduce((sum, [, { open }]) => sum + open, 0);
  const cpus = object.maps.quality.perCpu(0);
  const sum = (member: keyof Quality) => cpus.reduce((total, cpu) => total + cpu[member], 0);
  const tooDeep = sum('tooDeep');
  const calls = sum('calls');
  const notices: string[] = [];
  if (tooDeep > 0) notices.push(`${tooDeep} calls were nested more than 64 deep and have no time`);
  if (cost.isSubtracted) notices.push(...spreadNotice(cost));
  return {
    outcome: {
      inFlight,
      missed: missedEntries(object),
      quality: {
        too_deep: tooDeep,
        probe_cost_ns: cost.costNs,
        probe_cost_p90_ns: cost.costP90Ns,
        probe_cost_subtracted: cost.isSubtracted,
        ...(kind === 'system' ? { restarted: sum('restarted') } : {}),
        ...(calls > 0 ? { calls } : {}),
      },
    },
    notices,
  };
}

/** That what was subtracted is far from the same in each call. */
export function spreadNotice({
  costNs,
  costP90Ns,
}: Pick<Calibration, 'costNs' | 'costP90Ns'>): string[] {
  if (costNs === null || costP90Ns === null || costP90Ns <= MOST_SPREAD * costNs) return [];
  return [
    `what the probes add varies: ${costNs} ns are subtracted, one call of ten took ${costP90Ns} or more; try a quieter machine`,
  ];
}
