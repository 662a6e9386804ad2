import { type Column, wallTime } from '@probekit/core';
import { addressText } from './address.js';
import { knownAddress } from './known-address.js';
import { errnoName, traitsText } from './result.js';
import type { Ends } from './tcpconnlat.gen.js';

/** What rows of both sides have. */
interface Row {
  readonly ends: Ends;
  readonly netns: number;
  readonly error: number;
  readonly traits: number;
}

/** Milliseconds, to the microsecond. */
export const ms = (ns: number) => Math.round(ns / 1e3) / 1e3;

/** The columns that do not depend on who opened the connection. */
export function sharedColumns<R extends Row>({
  endNs,
  result,
}: {
  readonly endNs: (row: R) => number;
  readonly result: (row: R) => string;
}) {
  return {
    time: { key: 'time', header: 'TIME', width: -24, get: (row) => wallTime(endNs(row)) },
    ip: { key: 'ip', header: 'IP', width: -2, get: ({ ends }) => ends.ip || null },
    result: { key: 'result', header: 'RESULT', width: -11, get: result },
    errno: { key: 'errno', header: 'ERRNO', width: -12, get: ({ error }) => errnoName(error) },
    netns: { key: 'netns', header: 'NETNS', width: -10, get: ({ netns }) => netns },
    traits: {
      key: 'traits',
      header: 'TRAITS',
      width: -1,
      get: ({ traits }) => traitsText(traits),
      format: ({ traits }) => traitsText(traits) || '-',
    },
  } satisfies Record<string, Column<R>>;
}

/** The peer's address. */
export function peerColumn<R extends Row>(header: string): Column<R> {
  const get = ({ ends: { ip, daddr } }: R) => (ip ? addressText(ip, daddr) : null);
  return { key: 'daddr', header, width: -16, get };
}

/** This machine's address; null before it is bound to one. */
export function localColumn<R extends Row>(header: string): Column<R> {
  const get = ({ ends: { ip, saddr } }: R) => knownAddress(ip, saddr);
  return { key: 'saddr', header, width: -16, get };
}

/** What stays of the columns' `result` where it is not shown: a failure must not look like a success. */
export function orFailure(text: string, result: string, { shown }: { readonly shown: boolean }) {
  const isSuccess = result === 'ok' || result === 'accepted';
  return shown || isSuccess ? text : `${text} ${result}`;
}
