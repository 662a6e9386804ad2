import type { TypedMap } from '../map.js';
import type { TypedObject } from '../object.js';
import { LOSSES, type Loss, type Summary } from '../report.js';
import type { Skeleton } from '../layout.js';

/** What a tool tells core about its own bookkeeping. */
export interface Accounting<S extends Skeleton, A> {
  /** The maps that hold starts without an end. */
  readonly inFlight?: readonly (keyof S['maps'] & string)[];
  /** A better answer than the kernel's miss counters, after detach. */
  readonly missed?: (detached: Detached<S, A>) => number | null;
  /** Facts about what was reported, after detach. */
  readonly quality?: (detached: Detached<S, A>) => Readonly<Record<string, number | boolean | null>>;
}

/** A run's object after detach: its maps and links hold their last figures. */
export interface Detached<S extends Skeleton, A> {
  readonly object: TypedObject<S>;
  readonly args: A;
  readonly plan: string;
}

export type Account = Omit<Summary, 'type' | 'durationS' | 'reported'>;

/** struct stats of stats.bpf.h, as generated layouts name its members. */
interface Stats {
  readonly events: number;
  readonly belowThreshold: number;
  readonly unmatchedEnds: number;
  readonly lostMapFull: number;
  readonly lostMapBusy: number;
  readonly lostRingFull: number;
  readonly lostRingBusy: number;
  readonly lostNoEnd: number;
  readonly lostAsyncNotTimed: number;
}

const MEMBER: Record<Loss, keyof Stats> = {
  map_full: 'lostMapFull',
  map_busy: 'lostMapBusy',
  ring_full: 'lostRingFull',
  ring_busy: 'lostRingBusy',
  no_end: 'lostNoEnd',
  async_not_timed: 'lostAsyncNotTimed',
};

/** All figures of a detached object that do not depend on what was reported. */
export async function takeAccount<S extends Skeleton, A extends { readonly overhead: boolean }>(
  detached: Detached<S, A>,
  accounting: Accounting<S, A>,
): Promise<Account> {
  const { object, args } = detached;
  const maps = object.maps as Readonly<Record<string, TypedMap<unknown, unknown>>>;
  const stats = (maps.stats as TypedMap<number, Stats>).perCpu(0);
  const sum = (member: keyof Stats) => stats.reduce((total, cpu) => total + cpu[member], 0);

  let inFlight = 0;
  for (const name of accounting.inFlight ?? []) inFlight += await (maps[name] as TypedMap<unknown, unknown>).count();
  const use: Record<string, { usedMax: number; max: number }> = {};
  for (const map of Object.values(maps)) {
    if (!map.type.includes('hash') || map.name.startsWith('scope_')) continue;
    if (map.usedMax === 0) await map.count();
    use[map.name] = { usedMax: map.usedMax, max: map.maxEntries };
  }
  return {
    events: sum('events'),
    belowThreshold: sum('belowThreshold'),
    inFlight,
    lost: Object.fromEntries(LOSSES.map((loss) => [loss, sum(MEMBER[loss])])) as Record<Loss, number>,
    unmatchedEnds: sum('unmatchedEnds'),
    missed: accounting.missed ? accounting.missed(detached) : kernelMisses(object),
    maps: use,
    quality: accounting.quality?.(detached) ?? {},
    ...(args.overhead ? { programs: cost(object) } : {}),
  };
}

/** Recursion misses of every program plus misses of every link; null as soon as one cannot tell. */
function kernelMisses<S extends Skeleton>(object: TypedObject<S>): number | null {
  let total = 0;
  for (const { loaded, recursionMisses } of object.programs()) {
    if (!loaded) continue;
    if (recursionMisses === null) return null;
    total += recursionMisses;
  }
  for (const link of object.links) total += link.info().missed ?? 0;
  return total;
}

function cost<S extends Skeleton>(object: TypedObject<S>): NonNullable<Summary['programs']> {
  const programs = object.programs().filter(({ loaded }) => loaded);
  return Object.fromEntries(
    programs.map(({ name, runCount, runTimeNs }) => [
      name,
      { runs: runCount, meanNs: runCount ? runTimeNs / runCount : 0 },
    ]),
  );
}
