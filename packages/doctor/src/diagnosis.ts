import {
  type AnyTool,
  heldCapabilities,
  inUserNamespace,
  judgeTool,
  kernelRelease,
  lockdown,
  type Missing,
  nearest,
  type PlanVerdict,
  sysctl,
  TRACING_CAPABILITIES,
  UsageError,
} from '@probekit/core';
import { type Fact, facts } from './facts.js';
import { TOOLS } from './tools.js';

export type { Fact } from './facts.js';

/** What this kernel and this process's capabilities allow. */
export interface Diagnosis {
  /** As uname -r. */
  readonly kernel: string;
  /** As Node names it. */
  readonly arch: string;
  /** Where tools were named, without hooks that no plan of theirs asks for. */
  readonly facts: readonly Fact[];
  readonly settings: Settings;
  readonly capabilities: Capabilities;
  readonly tools: readonly ToolDiagnosis[];
}

/** null: this kernel has no such setting, or it cannot be read. */
export interface Settings {
  readonly lockdown: string | null;
  readonly perfEventParanoid: number | null;
  readonly kptrRestrict: number | null;
}

/** Of those that tracing can need, without the `CAP_`. */
export interface Capabilities {
  /** In a user namespace none is held where the kernel asks for it, whatever its root has within. */
  readonly userNamespace: boolean;
  readonly held: readonly string[];
  readonly lacking: readonly string[];
}

export interface ToolDiagnosis {
  readonly tool: string;
  readonly version: string;
  /** The name of the plan that a run without options takes; null: it cannot run. */
  readonly plan: string | null;
  /** Best first. */
  readonly plans: readonly PlanDiagnosis[];
}

export interface PlanDiagnosis {
  readonly name: string;
  readonly ok: boolean;
  /** What it needs wherever it works, without the `CAP_`. */
  readonly capabilities: readonly string[];
  /** Where it is not ok. */
  readonly missing?: Missing;
}

/**
 * Asks the kernel about the tools that are named, all when none is: by the same probes, in the same order, by which
 * a tool chooses its plan. Throws UsageError for a name that no tool has.
 */
export async function diagnose(names: readonly string[] = []): Promise<Diagnosis> {
  const chosen = names.length > 0 ? [...new Set(names)] : Object.keys(TOOLS);
  const tools = await Promise.all(chosen.map((name) => loader(name)()));
  const held = heldCapabilities();
  return {
    kernel: kernelRelease(),
    arch: process.arch,
    facts: facts(names.length > 0 ? needsOf(tools) : undefined),
    settings: {
      lockdown: lockdown() ?? null,
      perfEventParanoid: sysctl('kernel.perf_event_paranoid') ?? null,
      kptrRestrict: sysctl('kernel.kptr_restrict') ?? null,
    },
    capabilities: {
      userNamespace: inUserNamespace(),
      held: TRACING_CAPABILITIES.filter((name) => held.has(name)),
      lacking: TRACING_CAPABILITIES.filter((name) => !held.has(name)),
    },
    tools: tools.map((tool) => toolDiagnosis(tool, judgeTool(tool))),
  };
}

function needsOf(tools: readonly AnyTool[]): Set<string> {
  const needs = tools.flatMap(({ definition }) => definition.plans.flatMap((plan) => plan.needs));
  return new Set(needs.filter((need) => typeof need === 'string'));
}

function loader(name: string): () => Promise<AnyTool> {
  const known = Object.keys(TOOLS);
  const load = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
  if (load) return load;
  const meant = nearest(name, known);
  throw new UsageError(
    `no tool "${name}"; ${meant ? `did you mean ${meant}?` : `there are ${known.join(', ')}`}`,
  );
}

/** `verdicts`: what the kernel says to each plan of the tool, in the same order. */
export function toolDiagnosis(
  { definition }: AnyTool,
  verdicts: readonly PlanVerdict[],
): ToolDiagnosis {
  const { name, version, plans } = definition;
  return {
    tool: name,
    version,
    plan: verdicts.find(({ ok }) => ok)?.name ?? null,
    plans: verdicts.map((verdict, i) => {
      const missing = verdict.missing ?? verdict.lacks ?? unsuited(verdict);
      return {
        name: verdict.name,
        ok: verdict.ok,
        capabilities: plans[i]?.capabilities ?? [],
        ...(missing ? { missing } : {}),
      };
    }),
  };
}

/** The need of a plan that this kernel has, and only other options than the defaults take. */
export const OTHER_OPTIONS = 'options';

function unsuited({ ok, reason = 'it serves other options' }: PlanVerdict): Missing | undefined {
  return ok ? undefined : { need: OTHER_OPTIONS, code: 'EINVAL', why: reason, capabilities: [] };
}
