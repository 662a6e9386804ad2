// Prints, as JSON, how many instructions this kernel's verifier looks at for each program of some tools: by object and
// program. Runs where the kernel is: on the host or in a guest. Argument: what is to be verified, as JSON.
import { pathToFileURL } from 'node:url';
import { BpfError, ToolError } from '../errors.js';
import type { Rodata, Skeleton } from '../layout.js';
import { TypedObject } from '../object.js';
import { completeArgs } from '../tool/args.js';
import type { AnyTool } from '../tool/definition.js';
import { judgeTool } from '../tool/judge.js';
import { type CommonArgs, optionsOf } from '../tool/options.js';

/** A tool, by its built module and what that exports it as. */
export interface Verified {
  readonly module: string;
  readonly name: string;
  /** By what it is called, what is set before load besides the defaults. */
  readonly configurations: Readonly<Record<string, Rodata<Skeleton>>>;
}

type Counts = Record<string, number>;

/** BPF_LOG_STATS: before 5.16 the log alone tells. */
const STATS = 4;

/**
 * How libbpf and the kernel say that a hook isn't there, or (EPERM, to root) is closed to everybody. The verifier's own
 * refusals come with its log, as where a kernel knows sessions of another kind alone.
 */
const NO_HOOK = new Set(['ENOENT', 'ESRCH', 'EINVAL', 'EPERM']);

/** The programs whose hook this kernel has. Throws for one that the verifier refuses. */
async function hooked(skeleton: Skeleton): Promise<string[]> {
  const there: string[] = [];
  let untried = Object.keys(skeleton.programs);
  while (untried.length > 0) {
    try {
      await using _ = await TypedObject.load(skeleton, { programs: untried, logLevel: STATS });
      return [...there, ...untried];
    } catch (error) {
      const at = hasNoHook(error) ? untried.indexOf(error.subject ?? '') : -1;
      if (at < 0) throw error;
      // They are loaded in this order: what stands before it was taken.
      there.push(...untried.slice(0, at));
      untried = untried.slice(at + 1);
    }
  }
  return there;
}

async function verified(
  skeleton: Skeleton,
  rodata: Rodata<Skeleton>,
  programs: readonly string[],
): Promise<Counts> {
  await using object = await TypedObject.load(skeleton, { rodata, programs, logLevel: STATS });
  const loaded = object.programs().filter((program) => program.loaded);
  return Object.fromEntries(loaded.map((each) => [each.name, each.verifiedInstructions]));
}

function hasNoHook(error: unknown): error is BpfError {
  if (!(error instanceof BpfError)) return false;
  const { code, verifierLog } = error;
  if (verifierLog)
    return /calling kernel function bpf_session_\w+ is not allowed/.test(verifierLog);
  return NO_HOOK.has(code);
}

/** The programs of each plan that would be taken here. */
function programsNeeded(tool: AnyTool): Map<string, readonly string[]> {
  const { definition } = tool;
  const args = completeArgs({ options: optionsOf(definition) }, {}) as CommonArgs;
  const working = judgeTool(tool, args).flatMap(({ name, ok }, i) => {
    const plan = definition.plans[i];
    const programs = plan?.programs ?? plan?.attach(args).map(({ program }) => program) ?? [];
    return ok ? [[name, programs] as const] : [];
  });
  return new Map(working);
}

/** A plan that would be taken here is one whose programs load. */
function requirePlans(name: string, needed: ReturnType<typeof programsNeeded>, counts: Counts) {
  for (const [plan, programs] of needed) {
    const missing = programs.filter((program) => !(program in counts));
    if (missing.length > 0) {
      throw new ToolError(`${name}: plan ${plan} works here, ${missing} not loaded`);
    }
  }
}

const instructions: Record<string, Counts> = {};
for (const { module, name, configurations } of JSON.parse(process.argv[2] ?? '[]') as Verified[]) {
  const exported = (await import(pathToFileURL(module).href)) as Record<string, AnyTool>;
  const tool = exported[name];
  if (!tool) throw new Error(`${module} has no ${name}`);
  const { skeleton } = tool.definition;
  const needed = programsNeeded(tool);
  let programs = Object.keys(skeleton.programs);
  for (const [title, rodata] of Object.entries(configurations)) {
    const counts = await verified(skeleton, rodata, programs).catch(async (error) => {
      if (!hasNoHook(error)) throw error;
      programs = await hooked(skeleton);
      return verified(skeleton, rodata, programs);
    });
    requirePlans(name, needed, counts);
    instructions[title] = counts;
  }
}
process.stdout.write(`${JSON.stringify(instructions)}\n`);
