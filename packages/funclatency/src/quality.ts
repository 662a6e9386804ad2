import type { Outcome, TypedObject } from '@probekit/core';
import type { Quality, skeleton } from './funclatency.gen.js';
import type { Target } from './target.js';

/** So many names are enough to go on with. */
const NAMED = 5;

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
  { costNs, isSubtracted }: { costNs: number | null; isSubtracted: boolean },
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
  return {
    outcome: {
      inFlight,
      missed: missedEntries(object),
      quality: {
        too_deep: tooDeep,
        probe_cost_ns: costNs,
        probe_cost_subtracted: isSubtracted,
        ...(kind === 'system' ? { restarted: sum('restarted') } : {}),
        ...(calls > 0 ? { calls } : {}),
      },
    },
    notices,
  };
}

/** Which functions the kernel refused, where it took others. */
export function refusedNotice(
  { attachments }: TypedObject<typeof skeleton>,
  { functions }: Target,
): string | undefined {
  const refused = new Map<number, string>();
  for (const { link } of attachments) {
    for (const { index, code } of link.info().refused ?? []) refused.set(index, code);
  }
  if (refused.size === 0) return undefined;
  const names = [...refused].map(([index, code]) => `${functions[index]?.name} (${code})`);
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : '';
  return `${refused.size} of ${functions.length} functions are not traced: ${names.slice(0, NAMED).join(', ')}${more}`;
}
