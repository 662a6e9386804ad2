import {
  commonOptions,
  csv,
  decimal,
  defineTool,
  exclusive,
  flag,
  integer,
  lettered,
  notice,
  rows,
  scope,
  textOption,
} from '@probekit/core';
import { columns, text } from './columns.js';
import { ListenQueues } from './listen-queues.js';
import { plans } from './plans.js';
import { readQuality } from './quality.js';
import { wantedRodata } from './settings.js';
import { skeleton } from './tcpconnlat.gen.js';

export const tcpconnlat = defineTool({
  name: 'tcpconnlat',
  version: '0.1.0',
  summary: 'what happened to every TCP connection, and how long it took',
  skeleton,
  options: {
    minimum: decimal(null, 'only connections that took longer', { max: 1e9, metavar: 'MS' }),
    timestamp: flag('t', 'the time since the first event'),
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
    csv: flag(null, 'print comma-separated values'),
    verbose: lettered('v', commonOptions.verbose),
    connectionStorageSize: integer(null, 'connections in flight to keep', {
      min: 1,
      max: 1 << 24,
      default: 16_384,
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
    ['tcpconnlat --first-response --daddr 10.0.0.0/8', 'and when the peer answered'],
  ],
  plans,
  check(args) {
    exclusive(args, 'json', 'csv');
    exclusive(args, 'ipv4', 'ipv6');
    wantedRodata(args);
  },
  maxEntries: (args) => ({
    flights: args.connectionStorageSize,
    calls: args.connectionStorageSize,
    connections: args.ringSize,
  }),
  header: ({ minimum }) =>
    `Tracing TCP connections${minimum ? ` slower than ${minimum} ms` : ''}... Hit Ctrl-C to end.`,
  renderer: (args) => (args.csv ? csv() : text(args)),
  files: { '.csv': () => ({ renderer: csv() }) },
  inFlight: ['flights'],

  async *run({ args, open }) {
    using queues = new ListenQueues();
    await using object = await open({
      rodata: {
        ...wantedRodata(args),
        min_ns: Math.round((args.minimum ?? 0) * 1e6),
        want_response: args.firstResponse,
      },
    });
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
