import { type Outcome, possibleCpus, sysctl, ToolError, type TypedObject } from '@probekit/core';
import type { Sampling, skeleton } from './profile.gen.js';

/** How often it is sampled: so many times a second, or once in so many cycles, of the cpu-clock nanoseconds. */
export interface Rate {
  readonly frequency?: number | undefined;
  readonly count?: number | undefined;
}

/** BCC's. */
const DEFAULT_HZ = 49;

/** The one of the two that is in use, as a perf event takes it. */
export function eventRate({
  frequency = DEFAULT_HZ,
  count,
}: Rate): { frequency: number } | { period: number } {
  return count === undefined ? { frequency } : { period: count };
}

/** For a person: `49 Hertz`, `every 1000000 cycles`. */
export function rateText(rate: Rate, event = 'cpu-clock'): string {
  const each = eventRate(rate);
  if ('frequency' in each) return `${each.frequency} Hertz`;
  return `every ${each.period} ${event === 'cpu-clock' ? 'nanoseconds' : 'cycles'}`;
}

/** Of the cpu-clock. */
export function periodNs(rate: Rate): number {
  const each = eventRate(rate);
  return 'period' in each ? each.period : Math.floor(1e9 / each.frequency);
}

/** How far idle time and the events' time may be apart: two ticks of /proc/stat. */
const SLACK_S = 0.02;

/** Throws ToolError where the kernel allows fewer samples a second: it lowers its limit by itself when samples take long. */
export function requireRate({ frequency = DEFAULT_HZ, count }: Rate): void {
  const most = sysctl('kernel.perf_event_max_sample_rate');
  if (count !== undefined || most === undefined || frequency <= most) return;
  throw new ToolError(
    `this kernel allows ${most} Hz, not ${frequency}: lower -F, or raise kernel.perf_event_max_sample_rate`,
    3,
  );
}

/** What is known of every run, whatever it was sampled by. */
export interface SamplingOutcome extends Outcome {
  readonly quality: Readonly<Record<string, number>>;
}

/** The CPUs of a run, and how long each had been idle before it was attached and after it was detached. */
export interface Window {
  readonly cpus: readonly number[];
  readonly idleBefore: ReadonlyMap<number, number>;
  readonly idleAfter: ReadonlyMap<number, number>;
}

/**
 * What the perf events themselves say of a run on the cpu-clock, after detach. It fires once a period that it is enabled;
 * what did not run our program then is missed: interrupts off, throttling, a stolen CPU. Some kernels do not run
 * programs on idle CPUs: unless idle CPUs were asked for, what idle time explains is not counted as missed, two ticks of
 * /proc/stat included. null: an event could not be read.
 */
export function clockOutcome(
  object: TypedObject<typeof skeleton>,
  args: Rate & { readonly idle: boolean },
  { cpus, idleBefore, idleAfter }: Window,
): SamplingOutcome {
  const period = periodNs(args);
  const possible = possibleCpus();
  const sampling = object.maps.sampling.perCpu(0);
  let expected = 0;
  let missed = 0;
  for (const [i, cpu] of cpus.entries()) {
    const enabledNs = object.links[i]?.info().enabledNs;
    const counts = sampling[possible.indexOf(cpu)];
    if (enabledNs === undefined || !counts) return { missed: null, quality: counted(sampling) };
    const { runs, idle } = counts;
    const fired = Math.floor(enabledNs / period);
    const idleFor = (idleAfter.get(cpu) ?? 0) - (idleBefore.get(cpu) ?? 0) + SLACK_S;
    const explained = args.idle ? 0 : Math.max(0, Math.ceil((idleFor * 1e9) / period) - idle);
    expected += fired;
    missed += Math.max(0, fired - runs - explained);
  }
  return { missed, quality: { ...counted(sampling), expected_runs: expected } };
}

/** For CPU cycles: the kernel changes the period as it goes, so that nobody can tell how many runs there should be. */
export function cyclesOutcome(object: TypedObject<typeof skeleton>): SamplingOutcome {
  return { missed: null, quality: counted(object.maps.sampling.perCpu(0)) };
}

function counted(sampling: readonly Sampling[]): Record<string, number> {
  const sum = (member: keyof Sampling) => sampling.reduce((total, cpu) => total + cpu[member], 0);
  return {
    runs: sum('runs'),
    idle: sum('idle'),
    missed_user_stacks: sum('missedUserStacks'),
    missed_kernel_stacks: sum('missedKernelStacks'),
  };
}
