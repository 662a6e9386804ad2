import type { Frame, Stack } from '@probekit/core';

/** Functions that nobody calls but others of these: where a program, a thread or a goroutine begins. */
const BEGINNINGS = [
  // ELF entry points, and what glibc and musl make of them.
  '_start',
  '_start_c',
  '__libc_start_main',
  '__libc_start_main_impl',
  '__libc_start_call_main',
  // Threads of glibc.
  'start_thread',
  // Go: a program, and a goroutine.
  '_rt0_amd64_linux',
  'runtime.rt0_go',
  'runtime.goexit',
];
const beginnings = new Set(BEGINNINGS);

/** Where stacks may end too, but which may also be in the middle of one. */
const starts = new Set([
  ...BEGINNINGS,
  '_dl_start_user',
  'clone',
  '__clone',
  'clone3',
  '__clone3',
  '__clone_internal',
  'thread_start',
  // The stack that Go's scheduler runs on.
  'runtime.mstart',
  'runtime.mcall',
  'runtime.systemstack',
]);

/** Without symbol versions, Go's ABI suffix and the compiler's clones. */
const SUFFIX = /(@.*|\.abi0|\.(isra|part|constprop|cold)\b.*)$/;

/** Whether a user stack reaches back to where its thread began. True where there is none. */
export function reachesStart(stack: Stack): boolean {
  if (stack === null) return true;
  return stack !== 'missed' && isIn(starts, stack.at(-1));
}

/**
 * A user stack without what lies beyond its beginning. glibc keeps no frame pointers, so that what the kernel takes for
 * a caller there is a value left in a register, and may by chance have a name.
 */
export function sinceStart(frames: readonly Frame[]): readonly Frame[] {
  let end = frames.findIndex((frame) => isIn(beginnings, frame)) + 1;
  if (end === 0) return frames;
  while (isIn(starts, frames[end])) end++;
  return frames.slice(0, end);
}

function isIn(set: ReadonlySet<string>, frame: Frame | undefined): boolean {
  return frame?.name != null && set.has(frame.name.replace(SUFFIX, ''));
}
