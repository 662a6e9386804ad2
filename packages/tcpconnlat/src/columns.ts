import type { Column } from '@probekit/core';
import { resultOf } from './result.js';
import { localColumn, ms, orFailure, peerColumn, sharedColumns } from './shared-columns.js';
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

const responseMs = ({ response, responseNs }: Connection) =>
  NOTICED_BY[response] ? ms(responseNs) : null;

/** Every value of a connection, in the order of JSON and CSV. */
export function columns(args: Args): Column<Connection>[] {
  const shared = sharedColumns<Connection>({ endNs, result: resultOf });
  const all: readonly Column<Connection>[] = [
    shared.time,
    { key: 'pid', header: 'PID', width: -7, get: ({ pid }) => pid },
    { key: 'tid', header: 'TID', width: -7, get: ({ tid }) => tid },
    {
      key: 'comm',
      header: 'COMM',
      width: -12,
      get: ({ comm }) => comm,
      format: ({ comm }) => comm.slice(0, 12),
    },
    shared.ip,
    localColumn('SADDR'),
    { key: 'lport', header: 'LPORT', width: -6, get: ({ ends }) => ends.lport || null },
    peerColumn('DADDR'),
    { key: 'dport', header: 'DPORT', width: -5, get: ({ ends }) => ends.dport },
    {
      key: 'latency_ms',
      header: 'LAT(ms)',
      width: args.result || args.netns || args.firstResponse ? -8 : -1,
      get: ({ latencyNs }) => ms(latencyNs),
      format: (row) =>
        orFailure((row.latencyNs / 1e6).toFixed(2), resultOf(row), { shown: args.result }),
    },
    shared.result,
    shared.errno,
    {
      key: 'syn_retransmits',
      header: 'RETRANS',
      width: -7,
      get: ({ synRetransmits }) => synRetransmits,
    },
    shared.netns,
    shared.traits,
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
