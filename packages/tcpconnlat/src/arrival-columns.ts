import { type Column, wallTime } from '@probekit/core';
import { addressText } from './address.js';
import { knownAddress } from './known-address.js';
import { arrivalResult, errnoName, traitsText } from './result.js';
import type { Arrival } from './tcpconnlat.gen.js';

interface Args {
  readonly result: boolean;
  readonly netns: boolean;
}

/** When it was over. */
export const arrivalEndNs = ({ startNs, waitNs }: Arrival) => startNs + waitNs;

const ms = (ns: number) => Math.round(ns / 1e3) / 1e3;
const handshakeMs = ({ isHandshakeTimed, handshakeNs }: Arrival) =>
  isHandshakeTimed ? ms(handshakeNs) : null;
const waitMs = ({ isWaitTimed, waitNs }: Arrival) => (isWaitTimed ? ms(waitNs) : null);
const text = (given: number | null) => (given === null ? '-' : given.toFixed(2));

/** Every value of an incoming connection, in the order of JSON and CSV; in text with the headers of BCC's tcpaccept. */
export function arrivalColumns(args: Args): Column<Arrival>[] {
  return [
    { key: 'time', header: 'TIME', width: -24, get: (row) => wallTime(arrivalEndNs(row)) },
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
    { key: 'ip', header: 'IP', width: -2, get: ({ ends }) => ends.ip || null },
    {
      key: 'daddr',
      header: 'RADDR',
      width: -16,
      get: ({ ends }) => (ends.ip ? addressText(ends.ip, ends.daddr) : null),
    },
    { key: 'dport', header: 'RPORT', width: -5, get: ({ ends }) => ends.dport },
    {
      key: 'saddr',
      header: 'LADDR',
      width: -16,
      get: ({ ends }) => knownAddress(ends.ip, ends.saddr),
    },
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
      // A failure must not look like a success where nothing else in the row says what it was.
      format: (row) =>
        text(waitMs(row)) +
        (args.result || arrivalResult(row) === 'accepted' ? '' : ` ${arrivalResult(row)}`),
    },
    {
      key: 'latency_ms',
      header: 'LAT(ms)',
      width: -8,
      get: (row) => (row.isWaitTimed ? ms(row.handshakeNs + row.waitNs) : null),
    },
    { key: 'result', header: 'RESULT', width: -11, get: arrivalResult },
    { key: 'errno', header: 'ERRNO', width: -12, get: ({ error }) => errnoName(error) },
    {
      key: 'synack_retransmits',
      header: 'RETRANS',
      width: -7,
      get: ({ synackRetransmits }) => synackRetransmits,
    },
    { key: 'netns', header: 'NETNS', width: -10, get: ({ netns }) => netns },
    {
      key: 'traits',
      header: 'TRAITS',
      width: -1,
      get: ({ traits }) => traitsText(traits),
      format: ({ traits }) => traitsText(traits) || '-',
    },
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
