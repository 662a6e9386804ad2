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
  ROOTS,
  randomU64,
  Symbolizer,
  scope,
  stacks,
  textOption,
  textRenderer,
  UsageError,
} from '@probekit/core';
import { Containers } from './container.js';
import { pageFile, pictureFile } from './flamegraph-file.js';
import { holdImages } from './images.js';
import { JavaNames } from './java.js';
import {
  checkOffCpu,
  offCpuOutcome,
  offCpuRodata,
  offCpuText,
  readWaiting,
  waitingText,
} from './off-cpu.js';
import { plans } from './plans.js';
import { pprofFile } from './pprof-file.js';
import { skeleton } from './profile.gen.js';
import { frameLimit, readSamples } from './samples.js';
import { clockOutcome, cyclesOutcome, rateText, requireRate } from './sampling.js';
import { requireThread, type Scope, sampledCpus, scopeText } from './scope.js';
import { speedscopeFile } from './speedscope-file.js';

/** perf_event_max_sample_rate's usual ceiling; the kernel refuses what is above its own. */
const MAX_HZ = 100_000;

/** The least that the kernel's timer of the cpu-clock takes: it would silently make 10 us of less. */
const MIN_PERIOD = 10_000;

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
    annotate: flag('a', 'mark frames: _[k] kernel, _[j] just-in-time, _[i] inlined; implies -f'),
    inline: flag(null, 'show functions that were inlined, where files have DWARF'),
    addresses: flag('A', 'the address of each frame, in text'),
    offCpu: flag(null, 'how long threads wait off the CPU, in microseconds, instead of samples'),
    minBlock: integer(null, 'with --off-cpu: only waits of so many microseconds or more; 1', {
      min: 0,
      max: 1e12,
      default: undefined,
      metavar: 'US',
    }),
    maxBlock: integer(null, 'with --off-cpu: only waits of so many microseconds or less', {
      min: 1,
      max: 1e12,
      default: undefined,
      metavar: 'US',
    }),
    state: textOption(
      null,
      'with --off-cpu: only in these states, as ps has them; S,D,T,t. R: preempted; I: without work',
      'S,D,...',
    ),
    root: choice(null, 'the bottom frame of folded stacks and of files', ROOTS),
    delimited: flag('d', 'a delimiter between kernel and user frames'),
    noJava: flag(null, 'do not ask JVMs for the names of their methods'),
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
    ['profile -p "$(pgrep -d, nginx)" 10', 'all processes of that name'],
    ['profile -F 99 -a 30 | flamegraph > cpu.svg', 'a flame graph'],
    ['profile -F 499 -o cpu.html 30', 'a page with search, callers and threads'],
    ['profile -p 812 --off-cpu -o waits.svg 30', 'what it waits for'],
  ],
  plans,
  check(args) {
    const { user, kernel, pid, tid, frequency, count, addresses, folded: lines, annotate } = args;
    if (user && kernel) throw new UsageError('-U and -K exclude each other');
    if (pid.length && tid.length) throw new UsageError('-p and -L exclude each other');
    if (frequency && count) throw new UsageError('-F and -c exclude each other');
    if (addresses && (lines || annotate)) {
      throw new UsageError('-A is for text: leave out -f and -a, or use --json');
    }
    checkOffCpu(args);
    const { root, output, json } = args;
    if (root !== undefined && !lines && !annotate && output === undefined && !json) {
      throw new UsageError('--root is for folded stacks and files: give -f or -o');
    }
  },
  maxEntries: ({ stackStorageSize, hashStorageSize, tid, offCpu }) => ({
    scope_threads: Math.max(1, tid.length),
    stacks: stackStorageSize,
    samples: offCpu ? 1 : hashStorageSize,
    threads: offCpu ? hashStorageSize : 1,
    waits: offCpu ? hashStorageSize : 1,
    images: hashStorageSize,
  }),
  header(args, plan) {
    const { user, kernel, duration } = args;
    const what = args.offCpu
      ? `Tracing ${offCpuText(args)}`
      : `Sampling at ${rateText(args, plan)}`;
    const stack = user ? 'user' : kernel ? 'kernel' : 'user + kernel';
    const of = plan === 'cpu-cycles' ? ' on CPU cycles' : '';
    const until = duration === undefined ? '... Hit Ctrl-C to end.' : ` for ${duration} secs.`;
    return `${what} of ${scopeText(args)} by ${stack} stack${of}${until}`;
  },
  renderer: ({ folded: lines, annotate, addresses, delimited: delimiter, root }) =>
    lines || annotate
      ? folded({ annotate, delimiter, root })
      : textRenderer({ delimiter, addresses }),
  files: {
    '.folded': ({ annotate, delimited: delimiter, root }) => ({
      renderer: folded({ annotate, delimiter, root }),
    }),
    '.svg': pictureFile,
    '.html': pageFile,
    '.pb.gz': pprofFile,
    '.json': speedscopeFile,
  },

  async *run({ args, plan: event, open, ticks }) {
    const { offCpu } = args;
    if (!offCpu) requireRate(args);
    args.tid.forEach(requireThread);
    const cpus = sampledCpus(args.cpu);
    const containers = args.root === 'container' ? new Containers() : undefined;
    const idleBefore = idleSeconds();
    let idleAfter = idleBefore;
    let offCpuUs = 0;
    await using symbolizer = new Symbolizer({ inlined: args.inline });
    const java = new JavaNames(symbolizer, args);
    const goodness: Record<string, number> = {};
    await using object = await open({
      rodata: {
        user_stacks: !args.kernel,
        kernel_stacks: !args.user,
        include_idle: args.idle,
        hash_seed: randomU64(),
        by_thread: args.tid.length > 0,
        by_cgroup: containers !== undefined,
        ...(offCpu ? offCpuRodata(args) : {}),
      },
      fill({ maps }) {
        for (const tid of args.tid) maps.scope_threads.set(tid, 1);
      },
    });
    const holding = holdImages(object.rings.sampled_images, symbolizer);
    // Whoever awaits it reports its failure.
    holding.catch(() => {});
    for await (const _ of ticks) {
      idleAfter = idleSeconds();
      const images = await holding;
      const naming = { limit: frameLimit(), symbolizer, java, images, containers, offCpu };
      const { entries, quality, notices, gone } = await readSamples(object, naming);
      // Its tables are not needed any more, and what follows needs memory too.
      await symbolizer.close();
      for (const entry of entries) offCpuUs += entry.offCpuUs ?? 0;
      yield stacks(entries);
      yield quality;
      const { complete, truncated, unresolved } = quality;
      Object.assign(goodness, { complete, truncated, unresolved });
      Object.assign(goodness, { images: images.size, gone_samples: gone });
      if (gone > 0) yield notice(goneText(gone, offCpu));
      for (const text of notices) yield notice(text);
      if (!offCpu && entries.length === 0) yield notice(nothingText(args));
    }
    const now = onlineCpus().filter((cpu) => args.cpu.length === 0 || cpus.includes(cpu));
    if (!offCpu && now.join() !== cpus.join()) {
      yield notice(`CPUs came or went: sampled ${cpus.join()}, now online ${now.join()}`);
    }
    const waiting = offCpu ? await readWaiting(object) : [];
    const text = waitingText(waiting);
    if (text !== undefined) yield notice(text);
    const outcome = offCpu
      ? offCpuOutcome(object, args, { waiting: waiting.length, offCpuUs })
      : event === 'cpu-clock'
        ? clockOutcome(object, args, { cpus, idleBefore, idleAfter })
        : cyclesOutcome(object);
    const { missed_user_stacks: user, missed_kernel_stacks: kernel } = outcome.quality;
    if (user || kernel) {
      yield notice(
        `${user} user and ${kernel} kernel stacks are missing; raise --stack-storage-size`,
      );
    }
    if (event === 'cpu-cycles') yield notice('shares are of CPU cycles, not of time');
    return { ...outcome, quality: { ...outcome.quality, ...goodness } };
  },
});

/** Of a run without a sample, which else would say nothing. */
function nothingText(scope: Scope): string {
  return `no sample of ${scopeText(scope)}: nothing ran on a CPU; --off-cpu tells what was waited for`;
}

/** What could not be named. `gone`: samples, or waits. */
function goneText(gone: number, offCpu: boolean): string {
  const what = offCpu ? 'wait' : 'sample';
  const samples = gone === 1 ? `1 ${what} is` : `${gone} ${what}s are`;
  return `${samples} of programs whose mappings could not be read in time: their frames have no names`;
}
