import type { Column } from '@probekit/core';
import { arrivalResult } from './result.js';
import { localColumn, ms, orFailure, peerColumn, sharedColumns } from './shared-columns.js';
import type { Arrival } from './tcpconnlat.gen.js';

interface Args {
  readonly result: boolean;
  readonly netns: boolean;
}

/** When it was over. */
export const arrivalEndNs = ({ startNs, waitNs }: Arrival) => startNs + waitNs;

const handshakeMs = ({ isHandshakeTimed, handshakeNs }: Arrival) =>
  isHandshakeTimed ? ms(handshakeNs) : null;
const waitMs = ({ isWaitTimed, waitNs }: Arrival) => (isWaitTimed ? ms(waitNs) : null);
const text = (given: number | null) => (given === null ? '-' : given.toFixed(2));

/** Every value of an incoming connection, in the order of JSON and CSV; in text with the headers of BCC's tcpaccept. */
export function arrivalColumns(args: Args): Column<Arrival>[] {
  const shared = sharedColumns<Arrival>({ endNs: arrivalEndNs, result: arrivalResult });
  return [
    shared.time,
    { key: 'side', header: 'SIDE', width: -7, get: () => 'passive' },
    { key: 'pid', header: 'PID', width: -7, get: ({ pid }) => pid || null },
    { key: 'tid', header: 'TID', width: -7, get: ({ tid }) => tid || null },
    {
      key: 'comm',
      header: 'COMM',
      width: -12,
      get: ({ comm }) => comm || null,
      format: ({ comm }) => comm.slice(0, 12) || '-',
    },
    shared.ip,
    peerColumn('RADDR'),
    { key: 'dport', header: 'RPORT', width: -5, get: ({ ends }) => ends.dport },
    localColumn('LADDR'),
    { key: 'lport', header: 'LPORT', width: -5, get: ({ ends }) => ends.lport },
    {
      key: 'queue_length',
      header: 'QUEUE',
      width: -9,
      get: ({ queueLength }) => queueLength,
      format: ({ queueLength, queueLimit }) => `${queueLength}/${queueLimit}`,
    },
    { key: 'queue_limit', header: 'LIMIT', width: -5, get: ({ queueLimit }) => queueLimit },
    {
      key: 'handshake_ms',
      header: 'HAND(ms)',
      width: -8,
      get: handshakeMs,
      format: (row) => text(handshakeMs(row)),
    },
    {
      key: 'accept_wait_ms',
      header: 'WAIT(ms)',
      width: args.result || args.netns ? -8 : -1,
      get: waitMs,
      format: (row) => orFailure(text(waitMs(row)), arrivalResult(row), { shown: args.result }),
    },
    {
      key: 'latency_ms',
      header: 'LAT(ms)',
      width: -8,
      get: (row) => (row.isWaitTimed ? ms(row.handshakeNs + row.waitNs) : null),
    },
    shared.result,
    shared.errno,
    {
      key: 'synack_retransmits',
      header: 'RETRANS',
      width: -7,
      get: ({ synackRetransmits }) => synackRetransmits,
    },
    shared.netns,
    shared.traits,
  ];
}

/** What the text leaves out of them, unless it was asked for. */
export function arrivalHidden(args: Args): ReadonlySet<string> {
  return new Set([
    'time',
    'side',
    'tid',
    'queue_limit', // beside the length
    'latency_ms', // the sum
    ...(args.result ? [] : ['result', 'errno', 'synack_retransmits', 'traits']),
    ...(args.netns ? [] : ['netns']),
  ]);
}
