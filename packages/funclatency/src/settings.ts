import {
  type HistogramChunk,
  type HistogramMap,
  possibleCpus,
  type TypedObject,
} from '@probekit/core';
import type { HistogramKey, skeleton } from './funclatency.gen.js';
import { hasKeys, MAX_DEPTH, type StorageArgs, threads } from './storage.js';
import { restartNumbers } from './system-call.js';
import { type Target, targetOf } from './target.js';

export interface Args extends StorageArgs {
  readonly self: boolean;
  readonly sample: number | undefined;
  readonly calibrate: boolean;
  readonly cgroup: string | undefined;
}

/** Frames of one stack lie within so many bits: of a thread of the kernel, THREAD_SIZE; of one of a program, 8 MiB. */
const STACK_BITS = { kernel: 14, user: 23, system: 23 } as const;

export function rodata(args: Args, target: Target) {
  return {
    per_function: args.functions,
    per_process: args.functions && target.kind === 'user',
    levels: args.levels ?? 0,
    sample_below: args.sample === undefined ? 0 : Math.round(2 ** 32 / args.sample),
    self_times: args.self,
    stack_bits: STACK_BITS[target.kind],
    of_syscalls: target.kind === 'system',
    ...(target.kind === 'system' ? restartNumbers() : {}),
  };
}

/** Which system calls count, and as what. */
export function fillSystemCalls({ maps }: TypedObject<typeof skeleton>, target: Target): void {
  if (target.kind !== 'system') return;
  /** SYSCALLS of syscall.bpf.h. */
  const compatFrom = 1024;
  for (const [i, { numbers }] of target.functions.entries()) {
    for (const { number, compat } of numbers) {
      maps.syscalls.set(compat ? compatFrom + number : number, i + 1);
    }
  }
}

/** The labels of a key, in the order in which they are printed. */
export function labels(args: Args, target: Target) {
  return ({ function: number, pid, level }: HistogramKey): Record<string, string> => ({
    ...(args.functions ? functionLabels(target, number, pid) : {}),
    ...(args.levels === undefined
      ? {}
      : { level: level < args.levels ? String(level) : `${level}+` }),
  });
}

function functionLabels(target: Target, number: number, pid: number): Record<string, string> {
  // System calls are numbered from 1 on: syscall.bpf.h.
  const place = target.kind === 'system' ? number - 1 : number;
  const { name = String(number) } = target.functions[place] ?? {};
  if (target.kind === 'user')
    return { function: name, module: target.binary.path, pid: String(pid) };
  const module = target.kind === 'kernel' ? target.functions[place]?.module : undefined;
  return { function: name, ...(module ? { module } : {}) };
}

/** As BCC names what a histogram is of. */
export function labelText({
  function: name,
  pid,
  level,
}: Readonly<Record<string, string>>): string | undefined {
  const of =
    name === undefined ? [] : [`Function = ${name}${pid === undefined ? '' : ` [${pid}]`}`];
  if (level !== undefined) of.push(`level = ${level}`);
  return of.length > 0 ? of.join(', ') : undefined;
}

/** Where the object counts: in one histogram when there are no labels to tell apart. */
export function histogramMap(
  { maps }: TypedObject<typeof skeleton>,
  args: Pick<Args, 'functions' | 'levels'>,
): HistogramMap<HistogramKey> {
  if (hasKeys(args)) return maps.histograms;
  const withKey = ([chunk, value]: [number, HistogramChunk]): [HistogramKey, HistogramChunk] => [
    { function: 0, pid: 0, level: 0, chunk },
    value,
  ];
  return { snapshot: async () => (await maps.histogram.snapshot()).map(withKey) };
}

const HOOKS: Readonly<Record<string, string>> = {
  tp_btf: 'sys_enter and sys_exit',
  uprobe_session: 'uprobe.session',
  uprobe_multi: 'uprobe.multi and uretprobe.multi',
  uprobe: 'uprobe and uretprobe',
  fentry: 'fentry and fexit',
  kprobe_session: 'kprobe.session',
  kprobe_multi: 'kprobe.multi and kretprobe.multi',
  kprobe: 'kprobe and kretprobe',
};

/** What the kernel itself keeps of returns that are to come. */
function keptByKernel(plan: string): string {
  const cpus = possibleCpus().length;
  switch (plan) {
    case 'uprobe_session':
    case 'uprobe_multi':
    case 'uprobe':
      // MAX_URETPROBE_DEPTH of include/linux/uprobes.h.
      return '; the kernel keeps 64 returns a thread';
    case 'kprobe_multi':
      return `; the kernel keeps ${2 * cpus} returns at a time or more`;
    case 'kprobe':
      return `; the kernel keeps ${cpus} returns of a function at a time or more`;
    default:
      return '';
  }
}

/** `costNs`: what the probes add to each call; null where that is not known. */
export function header(args: Args, plan: string, costNs: number | null): string {
  const target = targetOf(args);
  const count = target?.functions.length ?? 0;
  const kept = target?.kind === 'system' ? '1 call' : `${MAX_DEPTH} calls`;
  const of = args.pid.length > 0 ? ` of process ${args.pid.join(', ')}` : '';
  const within = args.cgroup === undefined ? '' : ` in cgroup ${args.cgroup}`;
  const sampled = args.sample === undefined ? '' : `, one call of ${args.sample}`;
  const cost = costNs === null ? '' : `; probes add ${costNs} ns to a call`;
  const subtracted = args.calibrate ? ', subtracted' : '';
  return (
    `Tracing ${count} functions for "${args.pattern}"${of}${within} by ${HOOKS[plan]}${sampled} ` +
    `(${kept} in each of ${threads(args)} threads${keptByKernel(plan)}${cost}${subtracted})... Hit Ctrl-C to end.`
  );
}
