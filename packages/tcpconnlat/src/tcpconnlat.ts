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
  histogramRodata,
  histograms,
  histogramTable,
  integer,
  intervals,
  lettered,
  live,
  notice,
  ofTick,
  scope,
  terminalHeatmap,
  textOption,
  UsageError,
} from '@probekit/core';
import { arrivalColumns, arrivalEndNs, arrivalHidden } from './arrival-columns.js';
import { columns, endNs, hidden } from './columns.js';
import { ListenQueues } from './listen-queues.js';
import { plans } from './plans.js';
import { readQuality } from './quality.js';
import { rowText } from './row-text.js';
import { scopeListeners } from './scope-listeners.js';
import {
  destinationLabels,
  grouping,
  groupingRodata,
  labelWidths,
  wantedRodata,
} from './settings.js';
import { signsOf, tookLastPlace } from './signs.js';
import { ofStage, stagesOf } from './stage.js';
import { skeleton } from './tcpconnlat.gen.js';

/** No rows, no room for them: what a ring has at least on every page size of these machines. */
const SMALL_RING = 65_536;

/** Listeners of the processes in scope. */
const LISTENERS = 16_384;

/** Microseconds, and percentiles within 3.1 %. */
const SCALE = { unit: 'us', bits: FINE } as const;

export const tcpconnlat = defineTool({
  name: 'tcpconnlat',
  version: '0.1.0',
  summary: 'what happened to every TCP connection, and how long it took',
  skeleton,
  options: {
    minimum: decimal(null, 'only what took longer; with --first-response: to be answered', {
      max: 1e9,
      metavar: 'MS',
    }),
    timestamp: flag('t', 'the time since the first event; with --histogram, that of each table'),
    ...scope,
    lport: flag('L', 'also the local port'),
    ipv4: flag('4', 'only IPv4'),
    ipv6: flag('6', 'only IPv6'),
    port: textOption(null, 'only to this port (passive: local) or range of them', 'PORT[-PORT]'),
    daddr: textOption(null, 'only to (passive: from) this address or network', 'CIDR'),
    result: flag(null, 'also the result, its errno, SYN retransmits, and what kind of connection'),
    netns: flag(null, 'also the network namespace'),
    firstResponse: flag(
      null,
      'wait for the first data of the peer: shows an accept queue that overflows',
    ),
    passive: flag(
      null,
      'incoming connections instead: handshake, wait for accept(), queue of the listener',
    ),
    histogram: flag(
      null,
      'percentiles by destination and result, and no rows; --interval, --count, --live are its',
    ),
    by: textOption(
      null,
      'with --histogram: address, port (passive: local), /BITS or /BITS,BITS (IPv6)',
      'WHAT',
    ),
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
    ['tcpconnlat --passive --port 443', 'who came, and how long each waited for accept()'],
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
    }
    exclusive(args, 'passive', 'firstResponse');
    grouping(args);
    exclusive(args, 'ipv4', 'ipv6');
    wantedRodata(args);
  },
  maxEntries(args) {
    const active = args.passive ? 1 : args.connectionStorageSize;
    const rows = (wanted: boolean) => (wanted && !args.histogram ? args.ringSize : SMALL_RING);
    const isScoped = args.pid.length > 0 || args.cgroup !== undefined;
    return {
      flights: active,
      calls: active,
      waitings: args.passive ? args.connectionStorageSize : 1,
      scope_listeners: args.passive && isScoped ? LISTENERS : 1,
      connections: rows(!args.passive),
      arrivals: rows(args.passive),
      destinations: args.histogram ? args.histogramStorageSize : 1,
    };
  },
  header: ({ minimum, passive }) =>
    `Tracing ${passive ? 'incoming ' : ''}TCP connections${minimum ? ` slower than ${minimum} ms` : ''}... Hit Ctrl-C to end.`,
  renderer(args) {
    const labels = labelWidths(grouping(args), stagesOf(args));
    if (args.csv) return csv({ labels: Object.keys(labels) });
    const text = args.passive
      ? rowText({ ...args, hidden: arrivalHidden(args), endNs: arrivalEndNs })
      : rowText({ ...args, hidden: hidden(args), endNs });
    if (!args.histogram) return text;
    if (!args.live) return histogramTable({ labels, timestamp: args.timestamp }, text);
    return terminalHeatmap();
  },
  files: {
    '.csv': (args) => ({
      renderer: csv({ labels: Object.keys(labelWidths(grouping(args), stagesOf(args))) }),
    }),
  },
  inFlight: ['flights', 'waitings'],

  async *run({ args, open, ticks }) {
    const groups = grouping(args);
    const stages = stagesOf(args);
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
    // Attached by now: listeners that are opened from here on are seen when they are.
    const { inodes, unseen } = args.passive ? scopeListeners(args) : { inodes: [], unseen: 0 };
    for (const inode of inodes) object.maps.scope_listeners.set(inode, 1);
    if (unseen > 0) {
      yield notice(
        `the files of ${unseen} processes cannot be read: incoming connections of listeners that they had before are not shown; CAP_SYS_PTRACE shows them`,
      );
    }
    if (args.histogram) {
      const series = new HistogramSeries(
        object.maps.destinations,
        destinationLabels(groups, stages),
      );
      for await (const tick of ticks) {
        const fields = ofTick(tick, args.interval !== undefined || args.live);
        const counted = histograms(await series.since(), SCALE, fields);
        queues.lookAgain();
        yield* counted.map((report) => ofStage(report, stages, args));
        if (!tick.last) yield* queues.news();
      }
    }
    const { connections, arrivals } = object.rings;
    if (args.passive)
      yield* queues.watching(arrivals, arrivalColumns(args), { isFull: tookLastPlace });
    else yield* queues.watching(connections, columns(args), { signsOf });
    const { outcome, signs, notices } = await readQuality(object, args);
    queues.lookAgain();
    for (const line of [...notices, ...queues.notices(signs)]) yield notice(line);
    return outcome;
  },
});
