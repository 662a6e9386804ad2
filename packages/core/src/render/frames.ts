import type { Stack } from '../report.js';

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
