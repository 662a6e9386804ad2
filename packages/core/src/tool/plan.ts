import { ToolError, UsageError } from '../errors.js';
import type { Skeleton } from '../layout.js';
import type { AttachTarget } from '../native.js';
import { lockedMemoryLimit } from '../system.js';
import { type Missing, missing, type Need } from './need.js';

export interface Attachment<S extends Skeleton> {
  readonly program: keyof S['programs'] & string;
  /** Left out: where its SEC() says. */
  readonly target?: AttachTarget;
}

/** One way to attach a tool. A tool lists its plans best first; the first that this kernel allows is taken. */
export interface Plan<S extends Skeleton, A> {
  readonly name: string;
  /** What the output names beside the plan: a way that depends on the options. */
  readonly detail?: (args: A) => string | undefined;
  /** Asked in this order, of the running kernel. */
  readonly needs: readonly Need[];
  /**
   * Exactly those that it needs wherever it works, without the `CAP_`. What only some kernels or settings ask for is
   * found out there: SYS_RESOURCE to lock memory before 5.11, SYS_ADMIN for perf events under Debian's
   * perf_event_paranoid of 3 and for uprobes, DAC_READ_SEARCH for tracefs.
   */
  readonly capabilities: readonly string[];
  /** The programs to load; left out: those that `attach` names. */
  readonly programs?: readonly (keyof S['programs'] & string)[];
  /** Why these options cannot be served in this way, if so. */
  readonly unsuited?: (args: A) => string | undefined;
  /** It serves where the others cannot, but not all options: when these are why it does not either, that is said too. */
  readonly lastResort?: true;
  /** In the order of attachment: ends before starts. */
  readonly attach: (args: A) => readonly Attachment<S>[];
}

export interface PlanVerdict {
  readonly name: string;
  readonly ok: boolean;
  /** Why not, and what would make it work. */
  readonly reason?: string;
  /** The need that is not met; without it the options are the reason. */
  readonly missing?: Missing;
  /** judgeTool: what other options would lack, where these do not suit the plan. */
  readonly lacks?: Missing;
}

/** What the running kernel says to each plan for these options, best first. `--explain` and doctor ask here. */
export function judgePlans<S extends Skeleton, A>(
  plans: readonly Plan<S, A>[],
  args: A,
  locked = 0,
): PlanVerdict[] {
  return plans.map((plan) => judge(plan, args, locked));
}

/**
 * The plan that was asked for, else the first that works here. Throws ToolError (exit 3) when none does, with the reason of
 * the last one that the options suit, and of a last resort that other options suit; UsageError for a name that no plan has.
 */
export function choosePlan<S extends Skeleton, A>(
  plans: readonly Plan<S, A>[],
  args: A & { readonly plan?: string | undefined },
  locked = 0,
): Plan<S, A> {
  const asked = args.plan === undefined ? plans : plans.filter(({ name }) => name === args.plan);
  if (asked.length === 0) {
    const names = plans.map(({ name }) => name).join(', ');
    throw new UsageError(`no plan "${args.plan}"; there are ${names}`);
  }
  const refusals: PlanVerdict[] = [];
  for (const plan of asked) {
    const verdict = judge(plan, args, locked);
    if (verdict.ok) return plan;
    refusals.push(verdict);
  }
  const suited = refusals.filter((verdict) => verdict.missing);
  const reasons = [suited.at(-1) ?? refusals.at(-1)];
  if (suited.length > 0) {
    const resort = asked.findIndex(
      (plan, i) => plan.lastResort && !refusals[i]?.missing && !lackOf(plan, locked),
    );
    reasons.push(refusals[resort]);
  }
  const why = reasons.flatMap((verdict) => (verdict ? [sentence(verdict)] : []));
  throw new ToolError(`cannot run here: ${why.join('; ')}`, 3);
}

function sentence({ name, reason, missing }: PlanVerdict): string {
  if (missing?.need === name) return `${reason}`;
  return `${name}${missing ? ' needs ' : ': '}${reason}`;
}

function judge<S extends Skeleton, A>(plan: Plan<S, A>, args: A, locked: number): PlanVerdict {
  const { name, unsuited } = plan;
  const because = unsuited?.(args);
  if (because !== undefined) return { name, ok: false, reason: because };
  const lack = lackOf(plan, locked);
  return lack ? refused(name, lack) : { name, ok: true };
}

/** What this kernel lacks for a plan, whatever the options. */
export function lackOf<S extends Skeleton, A>(
  { needs, capabilities }: Plan<S, A>,
  locked: number,
): Missing | undefined {
  for (const need of needs) {
    const lack = missing(need, capabilities);
    if (lack) return lack;
  }
  return locked > lockedMemoryLimit() ? missing('memlock', capabilities) : undefined;
}

function refused(name: string, lack: Missing): PlanVerdict {
  return { name, ok: false, reason: `${lack.need}: ${lack.code}: ${lack.why}`, missing: lack };
}
