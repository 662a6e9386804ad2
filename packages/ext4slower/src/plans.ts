import type { Plan } from '@probekit/core';
import { type OperationName, operationsOf } from './operations.js';
import type { skeleton } from './row.js';

interface Args {
  readonly ops: string | undefined;
}

/** What system calls show by a file descriptor. */
const SEEN_IN_CALLS: ReadonlySet<OperationName> = new Set(['R', 'W', 'O', 'S', 'splice', 'readdir']);

/** Said once, where the boundary is all that can be seen. */
export const UNSEEN =
  'system calls do not show io_uring, AIO, mmap, failed opens, kernel threads, 32-bit programs and files of overlay mounts';

export const plans: readonly Plan<typeof skeleton, Args>[] = [
  {
    name: 'syscalls',
    unsuited({ ops }) {
      const unseen = operationsOf(ops).filter((name) => !SEEN_IN_CALLS.has(name));
      return unseen.length > 0
        ? `system calls do not show ${unseen.join(', ')}; leave out of --ops`
        : undefined;
    },
    needs: ['btf', 'tracing', 'ring'],
    capabilities: ['BPF', 'PERFMON'],
    attach: () =>
      (['call_exit', 'call_enter', 'thread_exit'] as const).map((program) => ({ program })),
  },
];
