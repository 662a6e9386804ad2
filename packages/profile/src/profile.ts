import {
  choice,
  defineTool,
  flag,
  folded,
  idleSeconds,
  integer,
  integers,
  notice,
  onlineCpus,
  type Plan,
  ROOTS,
  randomU64,
  scope,
  stacks,
  textRenderer,
  UsageError,
} from '@probekit/core';
import { Containers } from './container.js';
import { pageFile, pictureFile } from './flamegraph-file.js';
import { pprofFile } from './pprof-file.js';
import { skeleton } from './profile.gen.js';
import { frameLimit, readSamples } from './samples.js';
import {
  clockOutcome,
  cyclesOutcome,
  eventRate,
  type Rate,
  rateText,
  requireRate,
} from './sampling.js';
import { requireThread, sampledCpus, scopeText } from './scope.js';
import { speedscopeFile } from './speedscope-file.js';

type Event = 'cpu-cycles' | 'cpu-clock';

/** perf_event_max_sample_rate's usual ceiling; the kernel refuses what is above its own. */
const MAX_HZ = 100_000;

/** The least that the kernel's timer of the cpu-clock takes: it would silently make 10 us of less. */
const MIN_PERIOD = 10_000;

interface Args extends Rate {
  readonly idle: boolean;
  readonly cpu: readonly number[];
}

const plan = (event: Event): Plan<typeof skeleton, Args> => ({
  name: event,
  needs: ['btf', event === 'cpu-cycles' ? 'cpu_cycles' : 'perf_event'],
  capabilities: ['BPF', 'PERFMON'],
  programs: ['sample'],
  unsuited: ({ idle }) =>
    event === 'cpu-cycles' && idle ? 'an idle CPU has no cycles, and -I asks for it' : undefined,
  attach: (args) =>
    sampledCpus(args.cpu).map((cpu) => ({
      program: 'sample',
      target: { kind: 'perf_event', event, ...eventRate(args), cpu },
    })),
});

export const profile = defineTool({
  name: 'profile',
  version: '0.1.0',
  summary: 'sample on-CPU stacks, kernel and user, and count how often each was seen',
  skeleton,
  options: {
    ...scope,
    tid: integers('L', 'only these threads', { min: 1, max: 4194304, metavar: 'TID' }),
    cpu: integers('C', 'only these CPUs', { min: 0, max: 65535, metavar: 'CPU' }),
    frequency: integer('F', 'samples a second and CPU; 49 without -c', {
      min: 1,
      max: MAX_HZ,
      default: undefined,
      metavar: 'HZ',
    }),
    count: integer('c', 'sample once in N cycles, or nanoseconds of the cpu-clock', {
      min: MIN_PERIOD,
      max: 1e12,
      default: undefined,
    }),
    user: flag('U', 'only user stacks'),
    kernel: flag('K', 'only kernel stacks'),
    idle: flag('I', 'include idle CPUs'),
    folded: flag('f', 'one line a stack, for flame graphs'),
    annotate: flag('a', 'append _[k] to kernel frames; implies -f'),
    addresses: flag('A', 'the address of each frame, in text'),
    root: choice(null, 'the bottom frame of folded stacks and of files', ROOTS),
    delimited: flag('d', 'a delimiter between kernel and user frames'),
    stackStorageSize: integer(null, 'different stacks to keep', {
      min: 1,
      max: 1 << 24,
      default: 16384,
    }),
    hashStorageSize: integer(null, 'different combinations of thread and stacks to count', {
      min: 1,
      max: 1 << 24,
      default: 40960,
    }),
  },
  positionals: ['duration'],
  examples: [
    ['profile -F 99 10', 'all processes for 10 seconds'],
    ['profile -p 812', 'one process until ^C'],
    ['profile -F 99 -a 30 | flamegraph > cpu.svg', 'a flame graph'],
    ['profile -F 499 -o cpu.html 30', 'a page with search, callers and threads'],
  ],
  plans: [plan('cpu-cycles'), plan('cpu-clock')],
  check(args) {
    const { user, kernel, pid, tid, frequency, count, addresses, folded: lines, annotate } = args;
    if (user && kernel) throw new UsageError('-U and -K exclude each other');
    if (pid.length && tid.length) throw new UsageError('-p and -L exclude each other');
    if (frequency && count) throw new UsageError('-F and -c exclude each other');
    if (addresses && (lines || annotate)) {
      throw new UsageError('-A is for text: leave out -f and -a, or use --json');
    }
    const { root, output, json } = args;
    if (root !== undefined && !lines && !annotate && output === undefined && !json) {
      throw new UsageError('--root is for folded stacks and files: give -f or -o');
    }
  },
  maxEntries: ({ stackStorageSize, hashStorageSize, tid }) => ({
    scope_threads: Math.max(1, tid.length),
    stacks: stackStorageSize,
    samples: hashStorageSize,
  }),
  header({ frequency, count, pid, tid, cpu, user, kernel, duration }, event) {
    const whose = scopeText({ pid, tid, cpu });
    const stack = user ? 'user' : kernel ? 'kernel' : 'user + kernel';
    const of = event === 'cpu-cycles' ? ' on CPU cycles' : '';
    const until = duration === undefined ? '... Hit Ctrl-C to end.' : ` for ${duration} secs.`;
    return `Sampling at ${rateText({ frequency, count }, event)} of ${whose} by ${stack} stack${of}${until}`;
  },
  renderer: ({ folded: lines, annotate, addresses, delimited: delimiter, root = 'comm' }) =>
    lines || annotate
      ? folded({ annotate, delimiter, root })
      : textRenderer({ delimiter, addresses }),
  files: {
    '.folded': ({ annotate, delimited: delimiter, root = 'comm' }) => ({
      renderer: folded({ annotate, delimiter, root }),
    }),
    '.svg': pictureFile,
    '.html': pageFile,
    '.pb.gz': pprofFile,
    '.json': speedscopeFile,
  },

  async *run({ args, plan: event, open, ticks }) {
    requireRate(args);
    args.tid.forEach(requireThread);
    const cpus = sampledCpus(args.cpu);
    const containers = args.root === 'container' ? new Containers() : undefined;
    const idleBefore = idleSeconds();
    let idleAfter = idleBefore;
    await using object = await open({
      rodata: {
        user_stacks: !args.kernel,
        kernel_stacks: !args.user,
        include_idle: args.idle,
        hash_seed: randomU64(),
        by_thread: args.tid.length > 0,
        by_cgroup: containers !== undefined,
      },
      fill({ maps }) {
        for (const tid of args.tid) maps.scope_threads.set(tid, 1);
      },
    });
    for await (const _ of ticks) {
      idleAfter = idleSeconds();
      const { entries, notices } = await readSamples(object, frameLimit(), containers);
      yield stacks(entries);
      for (const text of notices) yield notice(text);
    }
    const now = onlineCpus().filter((cpu) => args.cpu.length === 0 || cpus.includes(cpu));
    if (now.join() !== cpus.join()) {
      yield notice(`CPUs came or went: sampled ${cpus.join()}, now online ${now.join()}`);
    }
    const outcome =
      event === 'cpu-clock'
        ? clockOutcome(object, args, { cpus, idleBefore, idleAfter })
        : cyclesOutcome(object);
    const { missed_user_stacks: user, missed_kernel_stacks: kernel } = outcome.quality;
    if (user || kernel) {
      yield notice(
        `${user} user and ${kernel} kernel stacks are missing; raise --stack-storage-size`,
      );
    }
    if (event === 'cpu-cycles') yield notice('shares are of CPU cycles, not of time');
    return outcome;
  },
});
