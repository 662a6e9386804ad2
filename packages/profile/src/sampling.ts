import {
  idleSeconds,
  type Outcome,
  onlineCpus,
  sysctl,
  ToolError,
  type TypedObject,
} from '@probekit/core';
import type { Sampling, skeleton } from './profile.gen.js';

/** How far idle time and the events' time may be apart: two ticks of /proc/stat. */
const SLACK_S = 0.02;

/** Throws ToolError where the kernel allows fewer samples a second: it lowers its limit by itself when samples take long. */
export function requireRate(frequency: number): void {
  const most = sysctl('kernel.perf_event_max_sample_rate');
  if (most === undefined || frequency <= most) return;
  throw new ToolError(
    `this kernel allows ${most} Hz, not ${frequency}: lower -F, or raise kernel.perf_event_max_sample_rate`,
    3,
  );
}

/** The CPUs of a run and their idle time at its start. */
export interface Baseline {
  readonly cpus: readonly number[];
  readonly idle: ReadonlyMap<number, number>;
}

export function baseline(): Baseline {
  return { cpus: onlineCpus(), idle: idleSeconds() };
}

/**
 * What the perf events themselves say of a run on the cpu-clock, after detach. It fires each 1/Hz s that it is enabled;
 * what did not run our program then is missed: interrupts off, throttling, a stolen CPU. Some kernels do not run
 * programs on idle CPUs: unless idle CPUs were asked for, what idle time explains is not counted as missed.
 */
export function clockOutcome(
  object: TypedObject<typeof skeleton>,
  { frequency, idle: includeIdle }: { frequency: number; idle: boolean },
  { cpus, idle: before }: Baseline,
): Outcome {
  const periodNs = Math.floor(1e9 / frequency);
  const after = idleSeconds();
  const sampling = object.maps.sampling.perCpu(0);
  let expected = 0;
  let missed = 0;
  cpus.forEach((cpu, i) => {
    const { runs, idle } = sampling[cpu] as Sampling;
    const fired = Math.floor((object.links[i]?.info().enabledNs ?? 0) / periodNs);
    const idleFor = (after.get(cpu) ?? 0) - (before.get(cpu) ?? 0) + SLACK_S;
    const explained = includeIdle ? 0 : Math.max(0, Math.ceil(idleFor * frequency) - idle);
    expected += fired;
    missed += Math.max(0, fired - runs - explained);
  });
  return { missed, quality: { ...counted(sampling), expected_runs: expected } };
}

/** For CPU cycles: the kernel changes the period as it goes, so that nobody can tell how many runs there should be. */
export function cyclesOutcome(object: TypedObject<typeof skeleton>): Outcome {
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
