import type { AttachTarget, Plan } from '@probekit/core';
import type { skeleton } from './funclatency.gen.js';
import { fentryRefusal } from './kernel-function.js';
import { type Target, type TargetArgs, targetOf } from './target.js';

export interface PlanArgs extends TargetArgs {
  readonly functions: boolean;
}

type Program = keyof (typeof skeleton)['programs'];

/** Where return probes run out, it is worth the time to load a program for each function. */
const MOST_FENTRY = 64;

/**
 * Probes of many functions upon the function graph tracer (6.14, 4346ba160409): there returns do not run out, and
 * nothing preempts our programs. Where something can, as in trampolines of preemptible kernels, whoever does is not seen.
 */
const GRAPH = { function: 'fprobe_return' } as const;

const WHAT: Readonly<Record<Target['kind'], string>> = {
  system: 'system calls',
  kernel: 'kernel functions',
  user: 'user functions',
};

/** Why a plan does not suit what is to be traced; undefined: it does. */
function only(kind: Target['kind']) {
  return (args: TargetArgs) => {
    const target = targetOf(args);
    return !target || target.kind === kind ? undefined : `it is for ${WHAT[kind]}`;
  };
}

/** The numbers of the functions as cookies. */
function numbers({ length }: readonly unknown[]): BigUint64Array {
  return BigUint64Array.from({ length }, (_, i) => BigInt(i));
}

const partial = { partial: true } as const;

/** Both ends of each function by one program. */
function session(program: Program, place: (args: PlanArgs) => AttachTarget | undefined) {
  return (args: PlanArgs) => {
    const target = place(args);
    return [target ? { program, target } : { program }];
  };
}

/** Both ends of each function, the returns first; where each of the programs goes. */
function pair(entry: Program, exit: Program, place: (args: PlanArgs) => AttachTarget | undefined) {
  return (args: PlanArgs) => {
    const target = place(args);
    if (!target) return [{ program: exit }, { program: entry }];
    const isFentry = target.kind === 'fentry';
    const { cookies: _, ...bare } = target;
    return [
      { program: exit, target: isFentry ? bare : { ...bare, retprobe: true } },
      { program: entry, target },
    ];
  };
}

function kernelPlaces(args: PlanArgs): AttachTarget | undefined {
  const target = targetOf(args);
  if (target?.kind !== 'kernel') return undefined;
  const { functions } = target;
  const byAddress = functions.every(({ address }) => address !== 0n);
  return {
    ...partial,
    kind: 'kprobe',
    ...(byAddress
      ? { addresses: BigUint64Array.from(functions, ({ address }) => address) }
      : { symbols: functions.map(({ name }) => name) }),
    cookies: numbers(functions),
  };
}

function userPlaces(args: PlanArgs): AttachTarget | undefined {
  const target = targetOf(args);
  if (target?.kind !== 'user') return undefined;
  const { functions, binary } = target;
  return {
    ...partial,
    kind: 'uprobe',
    path: binary.real,
    // Of many processes the program itself tells.
    ...(args.pid.length === 1 ? { pid: args.pid[0] as number } : {}),
    offsets: BigUint64Array.from(functions, ({ place }) => place),
    cookies: numbers(functions),
  };
}

/** A link each: cookies, which may cost a copy of the program each, only where the functions are told apart. */
function each(place: (args: PlanArgs) => AttachTarget | undefined) {
  return (args: PlanArgs) => {
    const target = place(args);
    if (!target || args.functions) return target;
    const { cookies: _, ...bare } = target;
    return bare;
  };
}

function multi(
  kind: 'kprobe_multi' | 'uprobe_multi',
  place: (args: PlanArgs) => AttachTarget | undefined,
  way: { readonly session?: true } = {},
) {
  return (args: PlanArgs) => {
    const target = place(args);
    return target && { ...target, kind, ...way };
  };
}

function fentryPlaces(args: PlanArgs): AttachTarget | undefined {
  const target = targetOf(args);
  if (target?.kind !== 'kernel') return undefined;
  const symbols = target.functions.map(({ name }) => name);
  return { ...partial, kind: 'fentry', symbols, cookies: numbers(symbols) };
}

const threadExit = { program: 'thread_exit' } as const;
const processExec = { program: 'process_exec' } as const;
const taskFree = { program: 'task_free' } as const;
type Attach = ReturnType<typeof pair | typeof session>;
const kernelSide = (attach: Attach) => (args: PlanArgs) => [taskFree, ...attach(args)];
const userSide = (attach: Attach) => (args: PlanArgs) => [threadExit, processExec, ...attach(args)];

const isKernel = only('kernel');

export const plans: readonly Plan<typeof skeleton, PlanArgs>[] = [
  {
    name: 'tp_btf',
    unsuited: only('system'),
    needs: ['btf', 'tracing', { tracepoint: 'sys_enter' }, { tracepoint: 'sys_exit' }],
    capabilities: ['BPF', 'PERFMON'],
    attach: () =>
      (['thread_exit', 'signal_deliver', 'sys_exit', 'sys_enter'] as const).map((program) => ({
        program,
      })),
  },
  {
    name: 'uprobe_session',
    unsuited: only('user'),
    needs: ['btf', 'tracing', 'uprobe_session'],
    capabilities: ['BPF', 'PERFMON'],
    attach: userSide(
      session('uprobe_session', multi('uprobe_multi', userPlaces, { session: true })),
    ),
  },
  {
    name: 'uprobe_multi',
    unsuited: only('user'),
    needs: ['btf', 'tracing', 'uprobe_multi'],
    capabilities: ['BPF', 'PERFMON'],
    attach: userSide(
      pair('uprobe_multi_entry', 'uprobe_multi_return', multi('uprobe_multi', userPlaces)),
    ),
  },
  {
    name: 'uprobe',
    unsuited: only('user'),
    needs: ['btf', 'tracing', 'uprobe'],
    capabilities: ['BPF', 'PERFMON'],
    attach: userSide(pair('probe_entry', 'probe_return', each(userPlaces))),
  },
  {
    name: 'kprobe_session',
    unsuited: isKernel,
    needs: ['btf', 'tracing', 'kprobe_session', GRAPH],
    capabilities: ['BPF', 'PERFMON'],
    attach: kernelSide(
      session('kprobe_session', multi('kprobe_multi', kernelPlaces, { session: true })),
    ),
  },
  {
    name: 'fentry',
    unsuited(args) {
      const target = targetOf(args);
      if (target?.kind !== 'kernel') return isKernel(args);
      if (args.kprobes) return '--kprobes asks for kprobes';
      return fentryRefusal(target.functions, MOST_FENTRY);
    },
    needs: ['btf', 'tracing', 'fentry'],
    capabilities: ['BPF', 'PERFMON'],
    attach: kernelSide(pair('fentry', 'fexit', fentryPlaces)),
  },
  {
    name: 'kprobe_multi',
    unsuited: isKernel,
    needs: ['btf', 'tracing', 'kprobe_multi'],
    capabilities: ['BPF', 'PERFMON'],
    attach: kernelSide(
      pair('kprobe_multi_entry', 'kprobe_multi_return', multi('kprobe_multi', kernelPlaces)),
    ),
  },
  {
    name: 'kprobe',
    unsuited: isKernel,
    needs: ['btf', 'tracing', 'kprobe'],
    capabilities: ['BPF', 'PERFMON'],
    attach: kernelSide(pair('probe_entry', 'probe_return', each(kernelPlaces))),
  },
];
