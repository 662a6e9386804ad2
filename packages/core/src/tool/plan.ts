import { BpfError, ToolError, UsageError } from '../errors.js';
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
  /** Why this plan cannot do what the options ask for, as a sentence's end; undefined: it can. */
  readonly cannot?: (args: A) => string | undefined;
  /** What the output names beside the plan: a way that depends on the options. */
  readonly detail?: (args: A) => string | undefined;
  /** Probed in this order, on the running kernel. */
  readonly needs: readonly Feature[];
  /** Without the `CAP_`; named to the user when the kernel refuses. */
  readonly capabilities: readonly string[];
  /** The programs to load; left out: those that `attach` names. */
  readonly programs?: readonly (keyof S['programs'] & string)[];
  /** In the order of attachment: ends before starts. */
  readonly attach: (args: A) => readonly Attachment<S>[];
}

export interface PlanVerdict {
  readonly name: string;
  readonly ok: boolean;
  /** Why not, and what would make it work. */
  readonly reason?: string;
}

/**
 * What the running kernel says to each plan, best first. `--explain`, doctor and the run itself ask here; without
 * `args`, what the kernel allows whatever the options.
 */
export function judgePlans<S extends Skeleton, A>(
  plans: readonly Plan<S, A>[],
  args?: A,
): PlanVerdict[] {
  return plans.map(({ name, needs, capabilities, cannot }) => {
    const unable = args && cannot?.(args);
    if (unable) return { name, ok: false, reason: unable };
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

/**
 * The plan of that name, else the first that works here. Throws ToolError (exit 3) with the reason of the last one when
 * none does, UsageError for a name that no plan has.
 */
export function choosePlan<S extends Skeleton, A extends { readonly plan?: string | undefined }>(
  plans: readonly Plan<S, A>[],
  args: A = {} as A,
): Plan<S, A> {
  const asked = args.plan === undefined ? plans : plans.filter(({ name }) => name === args.plan);
  if (asked.length === 0) {
    throw new UsageError(
      `no plan "${args.plan}"; there are ${plans.map(({ name }) => name).join(', ')}`,
    );
  }
  const verdicts = judgePlans(asked, args);
  const index = verdicts.findIndex(({ ok }) => ok);
  const plan = asked[index];
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
