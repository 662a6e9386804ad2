import type { Detached } from '@probekit/core';
import type { Sampling, skeleton } from './profile.gen.js';

type Detachment = Detached<typeof skeleton, { readonly frequency: number }>;

/**
 * How often the perf events should have run our program, by their own clocks: the cpu-clock fires each 1/Hz s that it
 * is enabled, idle or not. null for CPU cycles, whose period the kernel changes as it goes.
 */
function expectedRuns({ object, args, plan }: Detachment): number | null {
  if (plan !== 'cpu-clock') return null;
  const periodNs = Math.floor(1e9 / args.frequency);
  return object.links.reduce((sum, link) => sum + Math.floor((link.info().enabledNs ?? 0) / periodNs), 0);
}

/** Runs that should have been and were not: interrupts off, throttling, a CPU stolen from this machine. */
export function missedRuns(detached: Detachment): number | null {
  const expected = expectedRuns(detached);
  return expected === null ? null : Math.max(0, expected - total(detached, 'runs'));
}

/** Runs of the program, those on idle CPUs among them, and stacks that could not be read or stored. */
export function samplingQuality(detached: Detachment): Record<string, number | null> {
  return {
    runs: total(detached, 'runs'),
    expected_runs: expectedRuns(detached),
    idle: total(detached, 'idle'),
    missed_user_stacks: total(detached, 'missedUserStacks'),
    missed_kernel_stacks: total(detached, 'missedKernelStacks'),
  };
}

function total({ object }: Detachment, member: keyof Sampling): number {
  return object.maps.sampling.perCpu(0).reduce((sum, cpu) => sum + cpu[member], 0);
}
