import { constants } from 'node:os';
import type { Connection } from './tcpconnlat.gen.js';

/** enum result of connection.bpf.h. */
export const RESULTS = [
  'ok',
  'refused',
  'timeout',
  'unreachable',
  'reset',
  'closed',
  'failed',
] as const;

export type Result = (typeof RESULTS)[number];

/** enum trait of connection.bpf.h. */
const TRAITS: readonly (readonly [bit: number, name: string])[] = [
  [1, 'nonblocking'],
  [2, 'v4_mapped'],
  [4, 'fast_open'],
  [8, 'mptcp_subflow'],
  [16, 'simultaneous_open'],
];

const ERRNO = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number as number, name]),
);

/** The name of an errno; null for 0, its number where it has no name here. */
export function errnoName(error: number): string | null {
  return error === 0 ? null : (ERRNO.get(error) ?? String(error));
}

export function resultOf({ result }: Connection): Result {
  return RESULTS[result] ?? 'failed';
}

/** What kind of connection it was, separated by commas; empty for a plain one. */
export function traitsText(traits: number): string {
  return TRAITS.filter(([bit]) => traits & bit)
    .map(([, name]) => name)
    .join(',');
}
