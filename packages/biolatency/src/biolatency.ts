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
  terminalHeatmap,
  textOption,
  textRenderer,
} from '@probekit/core';
import { skeleton } from './biolatency.gen.js';
import { cgroupRodata, cgroupWay } from './charge.js';
import { DiskNames, findDevice, requireDisks, unseenDisks } from './disks.js';
import { plans } from './plans.js';
import { readQuality } from './quality.js';
import { deviceRodata, histogramMap, labels } from './settings.js';
import { SlowestOfInterval } from './slowest.js';
import { startStorage } from './start-storage.js';

export const biolatency = defineTool({
  name: 'biolatency',
  version: '0.1.0',
  summary: 'block I/O latency as a histogram',
  skeleton,
  options: {
    ...intervals,
    queued: flag('Q', 'include the time in queues of the OS'),
    split: flag(null, 'time in queues and time in the device, each in a histogram of its own'),
    milliseconds: flag('m', 'milliseconds instead of microseconds'),
    disks: flag('D', 'a histogram for each disk'),
    flags: flag('F', 'a histogram for each operation and set of flags'),
    extension: flag('e', 'also average, total and count'),
    disk: textOption('d', 'only this disk or partition', 'DISK'),
    cgroup: textOption('c', 'only this cgroup and those below it', 'PATH'),
    bio: flag(null, 'bios instead of requests: for dm, md, zram and brd, which make no requests'),
    percentiles: flag(null, 'finer slots, and p50 p90 p99 p999 max, off by 3.1 % at most'),
    size: flag(null, 'also the average and total size'),
    slowest: flag(null, 'also the slowest I/O of each interval, and who began it'),
    csv: flag(null, 'print comma-separated values'),
    live,
    json: lettered('j', commonOptions.json),
    startStorageSize: integer(null, 'I/Os in flight to keep; left out: as many as the disks have', {
      min: 1,
      max: 1 << 24,
      default: undefined,
    }),
    histogramStorageSize: integer(null, 'chunks of 32 slots to count in', {
      min: 1,
      max: 1 << 20,
      default: 1024,
    }),
  },
  positionals: ['interval', 'count'],
  examples: [
    ['biolatency', 'all disks until ^C'],
    ['biolatency -mDT 1 5', 'each second, five times: by disk, in milliseconds, with the time'],
    ['biolatency -QF', 'with time in queues, by operation'],
    ['biolatency --split -d vda 10', 'queue and device apart, of one disk, each 10 seconds'],
    ['biolatency --bio -d dm-0', 'a device that makes no requests'],
  ],
  plans,
  check(args) {
    checkIntervals(args);
    exclusive(args, 'json', 'csv', 'live');
    // Its lines are slots.
    for (const more of ['slowest', 'extension', 'size', 'percentiles'] as const) {
      exclusive(args, 'csv', more);
    }
    exclusive(args, 'live', 'output');
    // Each I/O would be in the picture twice.
    exclusive(args, 'live', 'split');
    exclusive(args, 'bio', 'queued', 'split');
    exclusive(args, 'queued', 'split');
  },
  maxEntries(args) {
    const { starts } = startStorage(args);
    return {
      starts,
      histograms: args.histogramStorageSize,
      origins: args.slowest ? starts : 1,
      submitted: args.cgroup === undefined ? 1 : starts,
    };
  },
  header({ disk, cgroup, bio }) {
    const what = bio ? 'block bios' : 'block device I/O';
    const where = disk === undefined ? '' : ` of ${disk}`;
    const whose =
      cgroup === undefined
        ? ''
        : cgroupWay(cgroup).way === 'charged'
          ? ` charged to cgroup ${cgroup}`
          : ` submitted by cgroup ${cgroup}`;
    return `Tracing ${what}${where}${whose}... Hit Ctrl-C to end.`;
  },
  renderer(args) {
    if (args.csv) return csv({ labels: ['disk', 'flags', 'stage'] });
    if (!args.live) return textRenderer({ timestamp: args.timestamp, averages: args.extension });
    return terminalHeatmap();
  },
  files: { '.csv': () => ({ renderer: csv({ labels: ['disk', 'flags', 'stage'] }) }) },
  inFlight: ['starts'],

  async *run({ args, plan, open, ticks }) {
    requireDisks();
    const unit = args.milliseconds ? 'ms' : 'us';
    const scale = { unit, bits: args.percentiles ? FINE : POWERS_OF_TWO } as const;
    const device = args.disk === undefined ? undefined : findDevice(args.disk);
    await using object = await open({
      rodata: {
        ...histogramRodata(scale),
        ...deviceRodata(device, args),
        ...cgroupRodata(args.cgroup),
        histogram_sizes: args.size,
        bios: args.bio,
        from_insert: args.queued || args.split,
        split: args.split,
        per_disk: args.disks,
        per_flags: args.flags,
        want_slowest: args.slowest,
        keep_starts: startStorage(args).keep && plan !== 'tracepoint',
      },
    });
    const disks = new DiskNames();
    const series = new HistogramSeries(histogramMap(object, args), labels(args, disks));
    const unseen = unseenDisks(args);
    if (unseen) yield notice(unseen);
    const slowest = args.slowest ? new SlowestOfInterval(object, disks) : undefined;
    for await (const tick of ticks) {
      const fields = ofTick(tick, args.interval !== undefined || args.live);
      const counted = await series.since();
      for (const report of histograms(counted, scale, { ...fields, sizes: args.size })) {
        // The same events are in the histogram of the device.
        yield report.labels.stage === 'queue' ? { ...report, events: 0 } : report;
      }
      const exemplar = await slowest?.next(tick.time, fields);
      if (exemplar) yield exemplar;
    }
    const { outcome, notices } = await readQuality(object);
    for (const text of notices) yield notice(text);
    return outcome;
  },
});
