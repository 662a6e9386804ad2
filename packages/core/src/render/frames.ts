import type { Frame, Stack, StackCount } from '../report.js';

/** What stands for a frame without a name; never left out, so that depths stay true. */
export const UNKNOWN_FRAME = '[unknown]';

/** What flame graph programs tell kinds of frames by. */
const SUFFIX = { inlined: '_[i]', jit: '_[j]', interpreted: '' } as const;
const KERNEL_SUFFIX = '_[k]';

/**
 * The names of a stack's frames, leaf first; a stack that was missed is one frame that says so. `annotate`: behind each
 * name what kind it is of, as flame graph programs expect it.
 */
export function frameNames(stack: Stack, which: 'User' | 'Kernel', annotate = false): string[] {
  if (stack === null) return [];
  if (stack === 'missed') return [missedStack(which)];
  if (!annotate) return stack.map(frameName);
  return stack.map((frame) => frameName(frame) + suffix(frame, which));
}

/** What stands for a stack that could not be read or stored, as BCC has it. */
export function missedStack(which: 'User' | 'Kernel'): string {
  return `[Missed ${which} Stack]`;
}

/** A frame without a name keeps its module, in BCC's form (`BPF.sym` with `show_module`): `[unknown] [libx.so]`. */
export function frameName({ name, module }: Frame): string {
  if (name !== null) return name;
  if (module === null) return UNKNOWN_FRAME;
  const base = module.slice(module.lastIndexOf('/') + 1);
  return `${UNKNOWN_FRAME} ${/^\[.*\]$/s.test(base) ? base : `[${base}]`}`;
}

function suffix({ kind }: Frame, which: 'User' | 'Kernel'): string {
  if (which === 'Kernel') return KERNEL_SUFFIX;
  return kind ? SUFFIX[kind] : '';
}

/** As in BCC's profile, a delimiter only stands between two stacks that could both be read. */
export function areBothKnown(user: Stack, kernel: Stack): boolean {
  return Array.isArray(user) && Array.isArray(kernel);
}

/** What can stand at the bottom of a stack, below its own frames. */
export const ROOTS = ['comm', 'container', 'pid', 'tid'] as const;
export type Root = (typeof ROOTS)[number];

/**
 * The frames below a stack's own, from the bottom: `comm`; `container` and its processes by name; `comm-pid`; or
 * `comm-pid/tid`. The last two are as perf's folded stacks have them.
 */
export function rootFrames(
  { comm, pid, tid, container }: Omit<StackCount, 'user' | 'kernel'>,
  root: Root = 'comm',
): string[] {
  switch (root) {
    case 'comm':
      return [comm];
    case 'container':
      return [container ?? UNKNOWN_FRAME, comm];
    case 'pid':
      return [`${comm}-${pid}`];
    case 'tid':
      return [`${comm}-${pid}/${tid}`];
  }
}

/** What a stack weighs in pictures and texts: how often it was seen, or, off the CPU, for how many microseconds. */
export function weight({ count, offCpuUs }: StackCount): number {
  return offCpuUs ?? count;
}
