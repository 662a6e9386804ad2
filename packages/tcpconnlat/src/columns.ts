import { type Column, type Renderer, textRenderer, wallTime } from '@probekit/core';
import { addressText } from './address.js';
import { errnoName, resultOf, traitsText } from './result.js';
import type { Connection, IpAddress } from './tcpconnlat.gen.js';

interface Args {
  readonly timestamp: boolean;
  readonly lport: boolean;
  readonly result: boolean;
  readonly netns: boolean;
  readonly firstResponse: boolean;
}

/** enum response of connection.bpf.h. */
const NOTICED_BY = [null, 'segment', 'read', null] as const;

const RECENT = 1024;
const recent = new Map<number, string>();

/** What was never bound or cannot be known is null. */
function address(ip: number, given: IpAddress): string | null {
  if (ip !== 4)
    return ip === 6 && given.a | given.b | given.c | given.d ? addressText(6, given) : null;
  if (given.a === 0) return null;
  let text = recent.get(given.a);
  if (text === undefined) {
    if (recent.size === RECENT) recent.clear();
    text = addressText(4, given);
    recent.set(given.a, text);
  }
  return text;
}

const endNs = ({ startNs, latencyNs }: Connection) => startNs + latencyNs;
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
      get: ({ ends }) => address(ends.ip, ends.saddr),
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

/** BCC's `TIME(s)` is as wide as its column and the space after it together. */
const TIME_WIDTH = -8;

/** For a person: BCC's columns, and those that were asked for. */
export function text(args: Args): Renderer {
  const inner = textRenderer();
  let first: number | undefined;
  const sinceFirst: Column<Connection> = {
    key: 'time_s',
    header: 'TIME(s)',
    width: TIME_WIDTH,
    get: (row) => {
      first ??= endNs(row);
      return (endNs(row) - first) / 1e9;
    },
    format: (row) => {
      first ??= endNs(row);
      return ((endNs(row) - first) / 1e9).toFixed(3);
    },
  };
  const hidden = new Set([
    'time',
    'tid',
    ...(args.lport ? [] : ['lport']),
    ...(args.result ? [] : ['result', 'errno', 'syn_retransmits', 'traits']),
    ...(args.netns ? [] : ['netns']),
    'first_response_by',
  ]);
  return {
    report(report) {
      if (report.type !== 'rows') return inner.report(report);
      const shown = report.columns.filter(({ key }) => !hidden.has(key));
      // What has no fixed width comes last.
      shown.sort((a, b) => Number(a.key === 'traits') - Number(b.key === 'traits'));
      return inner.report({
        ...report,
        columns: args.timestamp ? [sinceFirst as (typeof shown)[number], ...shown] : shown,
      });
    },
  };
}
