import type { Stats } from '../core.gen.js';
import type { Skeleton } from '../layout.js';
import type { TypedMap } from '../map.js';
import type { TypedObject } from '../object.js';
import { LOSSES, type Loss, type Summary } from '../report.js';

/** What only the tool itself can say of its run, when that is over. */
export interface Outcome {
  /** A better answer than the kernel's miss counters; null: nobody can tell. */
  readonly missed?: number | null;
  /** Starts without an end, where that is not every entry of the maps that hold starts. */
  readonly inFlight?: number;
  /** Starts that turned out to be none, such as a request that another took in: they are no events. */
  readonly withdrawn?: number;
  /** Facts about the quality of what was reported. */
  readonly quality?: Readonly<Record<string, number | boolean | null>>;
}

/** The figures of a detached object that do not depend on what was reported. */
export type Account = Omit<Summary, 'type' | 'durationS' | 'reported' | 'quality'>;

const MEMBER: Record<Loss, keyof Stats> = {
  map_full: 'lostMapFull',
  map_busy: 'lostMapBusy',
  ring_full: 'lostRingFull',
  ring_busy: 'lostRingBusy',
  no_end: 'lostNoEnd',
  async_not_timed: 'lostAsyncNotTimed',
};

/** Reads the account of a detached object. `inFlight`: the maps that hold starts without an end. */
export async function takeAccount<S extends Skeleton>(
  object: TypedObject<S>,
  { inFlight, overhead }: { inFlight: readonly string[]; overhead: boolean },
): Promise<Account> {
  const maps = object.maps as Readonly<Record<string, TypedMap<unknown, unknown>>>;
  const stats = (maps.stats as TypedMap<number, Stats>).perCpu(0);
  const sum = (member: keyof Stats) => stats.reduce((total, cpu) => total + cpu[member], 0);

  const use: Record<string, { usedMax: number; max: number }> = {};
  let open = 0;
  for (const map of Object.values(maps)) {
    const holdsStarts = inFlight.includes(map.name);
    if (!holdsStarts && (!map.type.includes('hash') || map.name.startsWith('scope_'))) continue;
    const count = holdsStarts || map.usedMax === 0 ? await map.count() : 0;
    if (holdsStarts) open += count;
    use[map.name] = { usedMax: map.usedMax, max: map.maxEntries };
  }
  return {
    events: sum('events'),
    belowThreshold: sum('belowThreshold'),
    inFlight: open,
    lost: Object.fromEntries(LOSSES.map((loss) => [loss, sum(MEMBER[loss])])) as Record<
      Loss,
      number
    >,
    unmatchedEnds: sum('unmatchedEnds'),
    missed: kernelMisses(object),
    maps: use,
    ...(overhead ? { programs: cost(object) } : {}),
  };
}

/** Recursion misses of every program plus misses of every link; null as soon as one cannot tell. */
function kernelMisses<S extends Skeleton>(object: TypedObject<S>): number | null {
  const programs = object.programs().filter(({ loaded }) => loaded);
  const counts = [
    ...programs.map(({ recursionMisses }) => recursionMisses),
    ...object.links.map((link) => link.info().missed),
  ];
  return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}

function cost<S extends Skeleton>(object: TypedObject<S>): NonNullable<Summary['programs']> {
  const programs = object.programs().filter(({ loaded }) => loaded);
  return Object.fromEntries(
    programs.map(({ name, runCount, runTimeNs }) => {
      const copies = object.attachments
        .filter(({ program }) => program === name)
        .map(({ link }) => link.info().copies);
      const runs = copies.reduce((sum, copy) => sum + (copy?.runCount ?? 0), runCount);
      const timeNs = copies.reduce((sum, copy) => sum + (copy?.runTimeNs ?? 0), runTimeNs);
      return [name, { runs, meanNs: runs ? timeNs / runs : 0 }];
    }),
  );
}
