import { missing, type Need, type Plan } from '@probekit/core';
import { type OperationName, operationsOf } from './operations.js';
import type { skeleton } from './row.js';

interface Args {
  readonly ops: string | undefined;
}

type Program = keyof (typeof skeleton)['programs'] & string;
type Hook = Program extends infer P ? (P extends `exit_${infer Name}` ? Name : never) : never;

/** The functions of each operation, by the names in hooks.bpf.h. */
const HOOKS: Readonly<Record<OperationName, () => readonly Hook[]>> = {
  R: () => ['read', ...completion()],
  W: () => ['write', ...completion()],
  O: () => ['open'],
  S: () => ['sync'],
  mmap: () => ['fault'],
  mkwrite: () => ['mkwrite'],
  splice: () => [has('ext4_file_splice_read') ? 'splice_read' : 'splice_read_old', 'splice_write'],
  truncate: () => ['setattr'],
  rename: () => ['rename'],
  unlink: () => ['unlink'],
  mkdir: () => ['mkdir'],
  readdir: () => ['readdir'],
};

const has = (name: string) => !missing({ function: name, module: 'ext4' }, []);

/** Whether asynchronous reads and writes can be timed. */
export const seesCompletions = () => has('iomap_dio_complete');

const completion = (): readonly Hook[] => (seesCompletions() ? ['completion'] : []);

/** Of io_uring_complete where one of them is the request: 6.x, 7.x. */
const WITH_REQUEST = [7, 3];

/** Where io_uring and AIO have a result for the program: starts alone. */
function results(start: 'enter' | 'probe'): Program[] {
  const isTraced = WITH_REQUEST.some(
    (parameters) => !missing({ tracepoint: 'io_uring_complete', parameters }, []),
  );
  return [
    ...(isTraced ? (['uring_complete'] as const) : []),
    ...(!isTraced && has('io_complete_rw') ? [`${start}_uring_result` as const] : []),
    ...(has('aio_complete_rw') ? [`${start}_aio_result` as const] : []),
  ];
}

function hooks({ ops }: Args): Hook[] {
  return [...new Set(operationsOf(ops).flatMap((name) => HOOKS[name]()))];
}

/** Ends before starts. */
const functions = (end: 'exit' | 'return', start: 'enter' | 'probe') => (args: Args) => {
  const names = hooks(args);
  const ofResults = names.includes('read') || names.includes('write') ? results(start) : [];
  const programs: Program[] = [
    'thread_exit',
    ...ofResults,
    ...names.map((name): Program => `${end}_${name}`),
    ...names.map((name): Program => `${start}_${name}`),
  ];
  return programs.map((program) => ({ program }));
};

const FUNCTIONS: readonly Need[] = [
  'ext4_file_read_iter',
  'ext4_file_write_iter',
  'ext4_file_open',
  'ext4_sync_file',
].map((name) => ({ function: name, module: 'ext4' }));

/** What system calls show by a file descriptor. */
const SEEN_IN_CALLS: ReadonlySet<OperationName> = new Set([
  'R',
  'W',
  'O',
  'S',
  'splice',
  'readdir',
]);

/** Said once, where the boundary is all that can be seen. */
export const UNSEEN =
  'system calls do not show io_uring, AIO, mmap, failed opens, kernel threads, 32-bit programs and files of overlay mounts';

export const plans: readonly Plan<typeof skeleton, Args>[] = [
  {
    name: 'fentry',
    needs: ['btf', 'tracing', 'ring', 'fentry', ...FUNCTIONS],
    capabilities: ['BPF', 'PERFMON'],
    attach: functions('exit', 'enter'),
  },
  {
    name: 'kprobe',
    needs: ['btf', 'tracing', 'ring', 'kprobe', ...FUNCTIONS],
    capabilities: ['BPF', 'PERFMON'],
    attach: functions('return', 'probe'),
  },
  {
    name: 'syscalls',
    lastResort: true,
    unsuited({ ops }) {
      const unseen = operationsOf(ops).filter((name) => !SEEN_IN_CALLS.has(name));
      const [are, them] = unseen.length > 1 ? ['are', 'them'] : ['is', 'it'];
      return unseen.length > 0
        ? `${unseen.join(', ')} ${are} not shown; leave ${them} out of --ops`
        : undefined;
    },
    needs: ['btf', 'tracing', 'ring'],
    capabilities: ['BPF', 'PERFMON'],
    attach: () =>
      (['call_exit', 'call_enter', 'thread_exit'] as const).map((program) => ({ program })),
  },
];
