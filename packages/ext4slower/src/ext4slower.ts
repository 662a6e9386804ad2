import {
  checkIntervals,
  commonOptions,
  decimal,
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
  notice,
  ofTick,
  rows,
  scope,
  type Tick,
  textOption,
} from '@probekit/core';
import { belowRodata } from './below.js';
import { columns, parsable, rowsAsCsv, text } from './columns.js';
import { inOrder, latencies, operationLabels } from './latencies.js';
import { merged } from './merged.js';
import { OPERATIONS, operationsOf } from './operations.js';
import { pageBytes } from './page-size.js';
import { plans, seesCompletions, UNSEEN } from './plans.js';
import { readQuality } from './quality.js';
import { type Row, skeleton } from './row.js';

/** Microseconds, and percentiles within 3.1 %. */
const SCALE = { unit: 'us', bits: FINE } as const;

/** enum place of start.bpf.h, as a bit. */
const PLACE_CALL = 1 << OPERATIONS.length;

/** BCC's. */
const USUAL_MS = 10;

export const ext4slower = defineTool({
  name: 'ext4slower',
  version: '0.1.0',
  summary: 'slow operations on ext4, and how long all of them took',
  skeleton,
  options: {
    minMs: decimal('m', 'only slower operations (10); 0: all', { max: 1e9, metavar: 'MS' }),
    ...scope,
    path: textOption(null, 'only this file or directory and what is below it', 'PATH'),
    ops: textOption(
      null,
      `these instead of R,W,O,S: ${OPERATIONS.slice(4).join(', ')}, all`,
      'LIST',
    ),
    interval: lettered('i', intervals.interval),
    count: intervals.count,
    duration: lettered('d', commonOptions.duration),
    csv: lettered('c', flag(null, 'print comma-separated values')),
    bccCsv: flag('j', "print comma-separated values in BCC's columns"),
    startStorageSize: integer(null, 'operations in flight to keep, and places for threads', {
      min: 1,
      max: 1 << 24,
      default: 32_768,
    }),
    ringSize: integer(null, 'bytes of the ring buffer: a power of two', {
      min: 4096,
      max: 1 << 30,
      default: 16 * 1024 * 1024,
      metavar: 'BYTES',
    }),
  },
  positionals: ['minMs'],
  examples: [
    ['ext4slower', 'operations slower than 10 ms, until ^C'],
    ['ext4slower 1 -p 812', 'slower than 1 ms, of one process'],
    ['ext4slower 0 --json', 'all operations'],
    ['ext4slower --path /var/lib/postgresql -i 10', 'below a directory, with histograms each 10 s'],
    ['ext4slower --ops R,W,mmap,rename', 'these operations'],
  ],
  plans,
  check(args) {
    checkIntervals(args);
    exclusive(args, 'json', 'csv', 'bccCsv');
    operationsOf(args.ops);
  },
  maxEntries: (args) => ({
    starts: args.startStorageSize,
    asyncs: args.startStorageSize,
    operations: args.ringSize,
  }),
  header({ minMs = USUAL_MS }, plan) {
    const what = plan === 'syscalls' ? 'system calls on ext4' : 'ext4 operations';
    return `Tracing ${what}${minMs ? ` slower than ${minMs} ms` : ''}... Hit Ctrl-C to end.`;
  },
  renderer({ csv: isCsv, bccCsv }) {
    if (bccCsv) return rowsAsCsv(parsable);
    return isCsv ? rowsAsCsv(columns) : text();
  },
  files: { '.csv': () => ({ renderer: rowsAsCsv(columns) }) },
  inFlight: ['starts', 'asyncs'],

  async *run({ args, plan, open, ticks }) {
    const wanted = operationsOf(args.ops);
    const ops = wanted.reduce((mask, name) => mask | (1 << OPERATIONS.indexOf(name)), 0);
    await using object = await open({
      rodata: {
        min_ns: Math.round((args.minMs ?? USUAL_MS) * 1e6),
        ops,
        places: plan === 'syscalls' ? PLACE_CALL : ops,
        page_bytes: pageBytes(),
        sees_completions: seesCompletions(),
        ...belowRodata(args.path),
        ...histogramRodata(SCALE),
      },
    });
    if (plan === 'syscalls') yield notice(UNSEEN);
    const series = new HistogramSeries(latencies(object), operationLabels);
    const report = async (tick: Tick) => {
      const fields = ofTick(tick, args.interval !== undefined);
      const counted = inOrder(await series.since());
      // The same events are rows, or below the threshold.
      return histograms(counted, SCALE, fields).map((one) => ({ ...one, events: 0 }));
    };
    let last: Tick | undefined;
    for await (const next of merged<Row[] | Tick>(object.rings.operations, ticks)) {
      if (Array.isArray(next)) yield rows(columns, next);
      else if (next.last) last = next;
      else yield* await report(next);
    }
    if (last) yield* await report(last);
    const { outcome, notices } = await readQuality(object);
    for (const line of notices) yield notice(line);
    return outcome;
  },
});
