import { type Column, wallTime } from '@probekit/core';
import { addressText } from './address.js';
import { knownAddress } from './known-address.js';
import { errnoName, resultOf, traitsText } from './result.js';
import type { Connection } from './tcpconnlat.gen.js';

interface Args {
  readonly lport: boolean;
  readonly result: boolean;
  readonly netns: boolean;
  readonly firstResponse: boolean;
}

/** enum response of connection.bpf.h. */
const NOTICED_BY = [null, 'segment', 'read', null] as const;

/** When it was over. */
export const endNs = ({ startNs, latencyNs }: Connection) => startNs + latencyNs;
const ms = (ns: number) => Math.round(ns / 1e3) / 1e3;
const responseMs = ({ response, responseNs }: Connection) =>
  NOTICED_BY[response] ? ms(responseNs) : null;

/** Every value of a connection, in the order of JSON and CSV. */
export function columns(args: Args): Column<Connection>[] {
  const all: readonly Column<Connection>[] = [
    { key: 'time', header: 'TIME', width: -24, get: (row) => wallTime(endNs(row)) },
    { key: 'pid', header: 'PID', width: -7, get: ({ pid }) => pid },
    { key: 'tid', header: 'TID', width: -7, get: ({ tid }) => tid },
    {
      key: 'comm',
      header: 'COMM',
      width: -12,
      get: ({ comm }) => comm,
      format: ({ comm }) => comm.slice(0, 12),
    },
    { key: 'ip', header: 'IP', width: -2, get: ({ ends }) => ends.ip || null },
    {
      key: 'saddr',
      header: 'SADDR',
      width: -16,
      get: ({ ends }) => knownAddress(ends.ip, ends.saddr),
    },
    { key: 'lport', header: 'LPORT', width: -6, get: ({ ends }) => ends.lport || null },
    {
      key: 'daddr',
      header: 'DADDR',
      width: -16,
      get: ({ ends }) => (ends.ip ? addressText(ends.ip, ends.daddr) : null),
    },
    { key: 'dport', header: 'DPORT', width: -5, get: ({ ends }) => ends.dport },
    {
      key: 'latency_ms',
      header: 'LAT(ms)',
      width: args.result || args.netns || args.firstResponse ? -8 : -1,
      get: ({ latencyNs }) => ms(latencyNs),
      // A failure must not look like a success where nothing else in the row says what it was.
      format: (row) =>
        (row.latencyNs / 1e6).toFixed(2) +
        (args.result || resultOf(row) === 'ok' ? '' : ` ${resultOf(row)}`),
    },
    { key: 'result', header: 'RESULT', width: -11, get: resultOf },
    { key: 'errno', header: 'ERRNO', width: -12, get: ({ error }) => errnoName(error) },
    {
      key: 'syn_retransmits',
      header: 'RETRANS',
      width: -7,
      get: ({ synRetransmits }) => synRetransmits,
    },
    { key: 'netns', header: 'NETNS', width: -10, get: ({ netns }) => netns },
    {
      key: 'traits',
      header: 'TRAITS',
      width: -1,
      get: ({ traits }) => traitsText(traits),
      format: ({ traits }) => traitsText(traits) || '-',
    },
    {
      key: 'first_response_ms',
      header: 'FIRST(ms)',
      width: -9,
      get: responseMs,
      format: (row) => (responseMs(row) === null ? '-' : (row.responseNs / 1e6).toFixed(2)),
    },
    {
      key: 'first_response_by',
      header: 'BY',
      width: -7,
      get: ({ response }) => NOTICED_BY[response] ?? null,
    },
  ];
  return all.filter(({ key }) => args.firstResponse || !key.startsWith('first_response'));
}

/** What the text leaves out of them, unless it was asked for. */
export function hidden(args: Args): ReadonlySet<string> {
  return new Set([
    'time',
    'tid',
    ...(args.lport ? [] : ['lport']),
    ...(args.result ? [] : ['result', 'errno', 'syn_retransmits', 'traits']),
    ...(args.netns ? [] : ['netns']),
    'first_response_by',
  ]);
}
