import type { Histogram } from '@probekit/core';

/** enum stage of destination.bpf.h. */
export const STAGES = ['connect', 'first_response', 'handshake', 'accept_wait'] as const;

export type Stage = (typeof STAGES)[number];

/** Those that a run times, the one that stands for the event first. */
export function stagesOf(args: {
  readonly passive: boolean;
  readonly firstResponse: boolean;
}): readonly Stage[] {
  if (args.passive) return ['accept_wait', 'handshake'];
  return args.firstResponse ? ['connect', 'first_response'] : ['connect'];
}

/**
 * The histogram of a stage with how many events it stands for: those of the first stage are the events, and the others
 * show the same ones. A live picture is of one stage alone: the last one of an outgoing connection, the wait of an
 * incoming one.
 */
export function ofStage(
  report: Histogram,
  stages: readonly Stage[],
  { live, passive }: { readonly live: boolean; readonly passive: boolean },
): Histogram {
  const stage = report.labels.stage ?? stages[0];
  const drawn = passive ? stages[0] : stages.at(-1);
  const slots = live && stage !== drawn ? [] : report.slots;
  return { ...report, slots, events: stage === stages[0] ? report.count : 0 };
}
