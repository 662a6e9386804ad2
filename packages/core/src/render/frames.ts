import type { Stack, StackCount } from '../report.js';

/** What stands for a frame without a name; never left out, so that depths stay true. */
export const UNKNOWN_FRAME = '[unknown]';

/** The names of a stack's frames, leaf first; a stack that was missed is one frame that says so, without `suffix`. */
export function frameNames(stack: Stack, which: 'User' | 'Kernel', suffix = ''): string[] {
  if (stack === null) return [];
  if (stack === 'missed') return [`[Missed ${which} Stack]`];
  return stack.map(({ name }) => (name ?? UNKNOWN_FRAME) + suffix);
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
  root: Root,
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
export function weight({ count, blockedUs }: StackCount): number {
  return blockedUs ?? count;
}
