import type { Stack } from '@probekit/core';

/** Functions that nobody calls: where the kernel, or a runtime's scheduler, begins to run a program or a thread. */
const STARTS = new Set([
  // ELF entry points, and what glibc and musl make of them. Both may lack frame pointers, and a stack ends in them.
  '_start',
  '_start_c',
  '__libc_start_main',
  '__libc_start_main_impl',
  '__libc_start_call_main',
  'libc_start_main_stage2',
  '_dl_start_user',
  // Threads of glibc and musl.
  'start_thread',
  'clone',
  '__clone',
  'clone3',
  '__clone3',
  '__clone_internal',
  'thread_start',
  // A signal's handler runs on a frame that the kernel made.
  '__restore_rt',
  // Go: of a program, of a goroutine, and of the stack that the scheduler runs on.
  '_rt0_amd64_linux',
  'runtime.rt0_go',
  'runtime.goexit',
  'runtime.mstart',
  'runtime.mcall',
  'runtime.systemstack',
]);

/** Whether a user stack reaches back to where its thread began. True where there is none. */
export function reachesStart(stack: Stack): boolean {
  if (stack === null) return true;
  if (stack === 'missed') return false;
  const root = stack.at(-1)?.name;
  // Without symbol versions, Go's ABI suffix and the compiler's clones.
  return (
    root != null && STARTS.has(root.replace(/(@.*|\.abi0|\.(isra|part|constprop|cold)\b.*)$/, ''))
  );
}
