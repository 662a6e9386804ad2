import { BpfError, ToolError } from '../errors.js';
import { type Feature, hintFor } from '../hints.js';
import type { Skeleton } from '../layout.js';
import { type AttachTarget, callingSync, native } from '../native.js';

export interface Attachment<S extends Skeleton> {
  readonly program: keyof S['programs'] & string;
  /** Left out: where its SEC() says. */
  readonly target?: AttachTarget;
}

/** One way to attach a tool. A tool lists its plans best first; the first that this kernel allows is taken. */
export interface Plan<S extends Skeleton, A> {
  readonly name: string;
  /** Probed in this order, on the running kernel. */
  readonly needs: readonly Feature[];
  /** Without the `CAP_`; named to the user when the kernel refuses. */
  readonly capabilities: readonly string[];
  /** The programs to load. */
  readonly programs: readonly (keyof S['programs'] & string)[];
  /** In the order of attachment: ends before starts. */
  readonly attach: (args: A) => readonly Attachment<S>[];
}

export interface PlanVerdict {
  readonly name: string;
  readonly ok: boolean;
  /** Why not, and what would make it work. */
  readonly reason?: string;
}

/** What the running kernel says to each plan, best first. `--explain`, doctor and the run itself ask here. */
export function judgePlans<S extends Skeleton, A>(plans: readonly Plan<S, A>[]): PlanVerdict[] {
  return plans.map(({ name, needs, capabilities }) => {
    for (const feature of needs) {
      const { ok, code = 'EINVAL', detail } = callingSync(() => native().probe(feature));
      if (ok) continue;
      const hint = hintFor(code, { feature, capabilities });
      const why = [`${feature}: ${code}`, hint ?? detail].filter(Boolean).join(': ');
      return { name, ok: false, reason: why };
    }
    return { name, ok: true };
  });
}

/** The first plan that works here. Throws ToolError (exit 3) with the reason of the last one when none does. */
export function choosePlan<S extends Skeleton, A>(plans: readonly Plan<S, A>[]): Plan<S, A> {
  const verdicts = judgePlans(plans);
  const index = verdicts.findIndex(({ ok }) => ok);
  const plan = plans[index];
  if (plan) return plan;
  const { name, reason } = verdicts.at(-1) as PlanVerdict;
  throw new ToolError(`cannot run here: ${name} needs ${reason}`, 3);
}

/** The same error with the missing capability named, when the kernel refused for want of one. */
export function withHint(error: unknown, capabilities: readonly string[]): unknown {
  if (!(error instanceof BpfError) || error.hint) return error;
  const hint = hintFor(error.code, { capabilities });
  return hint ? new BpfError({ ...fields(error), hint }, { cause: error }) : error;
}

function fields({ code, op, object, subject, detail, verifierLog }: BpfError) {
  return {
    code,
    op,
    ...(object ? { object } : {}),
    ...(subject ? { subject } : {}),
    ...(detail ? { detail } : {}),
    ...(verifierLog ? { verifierLog } : {}),
  };
}
