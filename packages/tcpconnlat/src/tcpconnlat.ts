import {
  checkIntervals,
  commonOptions,
  csv,
  decimal,
  defineTool,
  exclusive,
  FINE,
  flag,
  HistogramSeries,
  heatmap,
  histogramRodata,
  histograms,
  histogramTable,
  integer,
  intervals,
  isTerminal,
  lettered,
  live,
  notice,
  ofTick,
  rows,
  scope,
  terminalSize,
  textOption,
  UsageError,
} from '@probekit/core';
import { columns, text } from './columns.js';
import { ListenQueues } from './listen-queues.js';
import { plans } from './plans.js';
import { readQuality } from './quality.js';
import { destinationLabels, grouping, groupingRodata, wantedRodata } from './settings.js';
import { skeleton } from './tcpconnlat.gen.js';

/** What tells histograms apart, in the order of the table, and how wide it is there. */
const WIDTHS = { destination: 24, result: 11 };
const LABELS = Object.keys(WIDTHS);

/** No rows, no room for them: what a ring has at least on every page size of these machines. */
const SMALL_RING = 65_536;

/** Microseconds, and percentiles within 3.1 %. */
const SCALE = { unit: 'us', bits: FINE } as const;

export const tcpconnlat = defineTool({
  name: 'tcpconnlat',
  version: '0.1.0',
  summary: 'what happened to every TCP connection, and how long it took',
  skeleton,
  options: {
    minimum: decimal(null, 'only connections that took longer', { max: 1e9, metavar: 'MS' }),
    timestamp: flag('t', 'the time since the first event; with --histogram, that of each table'),
    ...scope,
    lport: flag('L', 'also the local port'),
    ipv4: flag('4', 'only IPv4'),
    ipv6: flag('6', 'only IPv6'),
    port: textOption(null, 'only to this port, or to a range of them', 'PORT[-PORT]'),
    daddr: textOption(null, 'only to this address or network', 'CIDR'),
    result: flag(null, 'also the result, its errno, SYN retransmits, and what kind of connection'),
    netns: flag(null, 'also the network namespace'),
    firstResponse: flag(
      null,
      'wait for the first data of the peer: shows an accept queue that overflows',
    ),
    histogram: flag(null, 'percentiles by destination and result, and no rows'),
    by: textOption(null, 'with --histogram: address, port, /BITS or /BITS,BITS (IPv6)', 'WHAT'),
    interval: intervals.interval,
    count: intervals.count,
    live,
    csv: flag(null, 'print comma-separated values'),
    verbose: lettered('v', commonOptions.verbose),
    connectionStorageSize: integer(null, 'connections in flight to keep', {
      min: 1,
      max: 1 << 24,
      default: 16_384,
    }),
    histogramStorageSize: integer(null, 'with --histogram: chunks of 32 slots to count in', {
      min: 1,
      max: 1 << 20,
      default: 4096,
    }),
    ringSize: integer(null, 'bytes of the ring buffer: a power of two', {
      min: 4096,
      max: 1 << 30,
      default: 16 * 1024 * 1024,
      metavar: 'BYTES',
    }),
  },
  positionals: ['minimum'],
  examples: [
    ['tcpconnlat', 'every connection, until ^C'],
    ['tcpconnlat 10 -t -L', 'those that took more than 10 ms, with time and local port'],
    ['tcpconnlat --result --port 443', 'what became of connections to port 443'],
    ['tcpconnlat --histogram --by port --interval 5', 'percentiles by address and port'],
    ['tcpconnlat --first-response --daddr 10.0.0.0/8', 'and when the peer answered'],
  ],
  plans,
  check(args) {
    checkIntervals(args);
    exclusive(args, 'json', 'csv', 'live');
    exclusive(args, 'live', 'output');
    if (!args.histogram) {
      for (const name of ['by', 'interval', 'count', 'live'] as const) {
        if (args[name]) throw new UsageError(`--${name} needs --histogram`);
      }
    } else if (args.firstResponse) {
      throw new UsageError('--first-response and --histogram exclude each other');
    }
    if (args.by !== undefined) grouping(args.by);
    exclusive(args, 'ipv4', 'ipv6');
    wantedRodata(args);
  },
  maxEntries: (args) => ({
    flights: args.connectionStorageSize,
    calls: args.connectionStorageSize,
    connections: args.histogram ? SMALL_RING : args.ringSize,
    destinations: args.histogram ? args.histogramStorageSize : 1,
  }),
  header: ({ minimum }) =>
    `Tracing TCP connections${minimum ? ` slower than ${minimum} ms` : ''}... Hit Ctrl-C to end.`,
  renderer(args) {
    if (args.csv) return csv({ labels: LABELS });
    if (!args.histogram) return text(args);
    if (!args.live)
      return histogramTable({ labels: WIDTHS, timestamp: args.timestamp }, text(args));
    if (!isTerminal()) throw new UsageError('--live needs a terminal; --csv or --json do not');
    return heatmap({ size: terminalSize, color: !process.env.NO_COLOR });
  },
  files: { '.csv': () => ({ renderer: csv({ labels: LABELS }) }) },
  inFlight: ['flights'],

  async *run({ args, open, ticks }) {
    const groups = grouping(args.by ?? 'address');
    using queues = new ListenQueues();
    await using object = await open({
      rodata: {
        ...wantedRodata(args),
        min_ns: Math.round((args.minimum ?? 0) * 1e6),
        want_response: args.firstResponse,
        want_histogram: args.histogram,
        ...histogramRodata(SCALE),
        ...groupingRodata(groups),
      },
    });
    if (args.histogram) {
      const series = new HistogramSeries(object.maps.destinations, destinationLabels(groups));
      for await (const tick of ticks) {
        const fields = ofTick(tick, args.interval !== undefined || args.live);
        yield* histograms(await series.since(), SCALE, fields);
      }
    }
    const all = columns(args);
    for await (const batch of object.rings.connections) {
      for (const { netns, pid } of batch) queues.see(netns, pid);
      yield rows(all, batch);
    }
    const { outcome, signs, notices } = await readQuality(object);
    for (const line of [...notices, ...queues.notices(signs)]) yield notice(line);
    return outcome;
  },
});
