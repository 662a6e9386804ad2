import {
  checkIntervals,
  commonOptions,
  csv,
  defineTool,
  exclusive,
  FINE,
  flag,
  HistogramSeries,
  histogramRodata,
  histograms,
  integer,
  intervals,
  lettered,
  live,
  notice,
  ofTick,
  POWERS_OF_TWO,
  requireProcess,
  scope,
  terminalHeatmap,
  textOption,
  textRenderer,
  UsageError,
} from '@probekit/core';
import { calibrate } from './calibrate.js';
import { skeleton } from './funclatency.gen.js';
import { parsePattern } from './pattern.js';
import { plans } from './plans.js';
import { readQuality } from './quality.js';
import { fillSystemCalls, header, histogramMap, labels, labelText, rodata } from './settings.js';
import { startNotices } from './start-notices.js';
import { maxEntries } from './storage.js';
import { targetOf } from './target.js';

/** Nanoseconds that the probes of a run add to each call. */
const costs = new WeakMap<object, number | null>();

const LABELS = ['function', 'module', 'pid', 'level'];

export const funclatency = defineTool({
  name: 'funclatency',
  version: '0.1.0',
  summary: 'latency of functions of the kernel or of programs, as a histogram',
  skeleton,
  options: {
    pattern: textOption(
      null,
      'a function, or a glob of them; after LIB: or /PATH: those of it',
      'PATTERN',
    ),
    regexp: flag('r', 'PATTERN is a regular expression'),
    interval: lettered('i', intervals.interval),
    count: intervals.count,
    duration: lettered('d', commonOptions.duration),
    timestamp: lettered('T', intervals.timestamp),
    microseconds: flag('u', 'microseconds instead of nanoseconds'),
    milliseconds: flag('m', 'milliseconds instead of nanoseconds'),
    functions: flag('F', 'a histogram for each function'),
    levels: integer('l', 'a histogram for each level of nesting, the last for all deeper ones', {
      min: 1,
      max: 64,
      default: undefined,
      metavar: 'LEVEL',
    }),
    self: flag(null, 'time outside of the traced functions that a function calls'),
    percentiles: flag(null, 'finer slots, and p50 p90 p99 p999 max, off by 3.1 % at most'),
    sample: integer(null, 'time one call of N', { min: 2, max: 1_000_000, default: undefined }),
    calibrate: flag(null, 'subtract from each call what the probes add to it'),
    pid: scope.pid,
    cgroup: lettered('c', scope.cgroup),
    kprobes: flag('k', 'kernel functions by kprobes: also those that system calls are'),
    limit: integer(null, 'refuse patterns that match more than N functions', {
      min: 1,
      max: 100_000,
      default: 1000,
    }),
    csv: flag(null, 'print comma-separated values'),
    live,
    verbose: lettered('v', commonOptions.verbose),
    threadStorageSize: integer(
      null,
      'threads to keep calls of; left out: twice as many as there are',
      {
        min: 1,
        max: 1 << 20,
        default: undefined,
      },
    ),
    histogramStorageSize: integer(null, 'chunks of 32 slots to count in', {
      min: 1,
      max: 1 << 20,
      default: 4096,
    }),
  },
  positionals: ['pattern'],
  examples: [
    ['funclatency -u sys_read', 'system calls by any of their names, in microseconds'],
    ["funclatency 'vfs_*' -F", 'kernel functions, each in a histogram of its own'],
    ['funclatency c:getaddrinfo -p 812', 'a function of the libc that process 812 has loaded'],
    ["funclatency '/usr/lib/libssl.so.3:SSL_*' -mTi 1", 'of a library, each second'],
    ['funclatency :main_loop -p 812 --self', 'of a program, less what it calls'],
  ],
  plans,
  check(args) {
    checkIntervals(args);
    exclusive(args, 'microseconds', 'milliseconds');
    exclusive(args, 'json', 'csv', 'live');
    exclusive(args, 'csv', 'percentiles');
    exclusive(args, 'live', 'output');
    if (args.pattern !== undefined) {
      parsePattern(args.pattern, args.regexp);
    } else if (!args.explain) {
      throw new UsageError(
        "which function? such as sys_read, 'vfs_*', or c:malloc; --help shows more",
      );
    }
    if (args.sample !== undefined && args.self) {
      throw new UsageError('--sample leaves out the calls that --self would subtract');
    }
  },
  maxEntries,
  header: (args, plan) => header(args, plan, costs.get(args) ?? null),
  renderer(args) {
    if (args.csv) return csv({ labels: LABELS });
    if (!args.live)
      return textRenderer({ timestamp: args.timestamp, averages: true, label: labelText });
    return terminalHeatmap();
  },
  files: { '.csv': () => ({ renderer: csv({ labels: LABELS }) }) },
  inFlight: ['stacks', 'system_calls'],

  async *run({ args, plan, open, ticks }) {
    const target = targetOf(args);
    if (!target) throw new UsageError('a pattern is needed');
    const unit = args.milliseconds ? 'ms' : args.microseconds ? 'us' : 'ns';
    const scale = { unit, bits: args.percentiles ? FINE : POWERS_OF_TWO } as const;
    const calibration = await calibrate(plan, args, target);
    const { costNs, reason } = calibration;
    costs.set(args, costNs);
    const opening = open({
      rodata: {
        ...histogramRodata(scale),
        ...rodata(args, target),
        probe_cost_ns: args.calibrate ? (costNs ?? 0) : 0,
      },
      fill: (loaded) => fillSystemCalls(loaded, target),
    });
    await using object = await whileRunning(args.pid, opening);
    if (reason) yield notice(`what the probes add to a call is not known: ${reason}`);
    for (const text of startNotices(object, target)) yield notice(text);
    const series = new HistogramSeries(histogramMap(object, args), labels(args, target));
    let ended = 0;
    for await (const tick of ticks) {
      const fields = ofTick(tick, args.interval !== undefined || args.live);
      const counted = await series.since();
      for (const report of histograms(counted, scale, fields)) {
        ended += report.count;
        yield args.sample === undefined ? report : { ...report, oneOf: args.sample };
      }
    }
    const cost = { ...calibration, isSubtracted: args.calibrate };
    const { outcome, notices } = await readQuality(object, target, cost);
    if (ended === 0) yield notice(`no call has ended, and ${outcome.inFlight} are open`);
    for (const text of notices) yield notice(text);
    return outcome;
  },
});

/** What comes of `opening`. Throws ToolError where it failed and one of the processes has ended: that is why. */
async function whileRunning<T>(pids: readonly number[], opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    for (const pid of pids) requireProcess(pid);
    throw error;
  }
}
