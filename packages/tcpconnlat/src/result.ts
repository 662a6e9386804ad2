import { constants } from 'node:os';

/** enum result of result.bpf.h. */
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

/** enum trait of result.bpf.h. */
const TRAITS: readonly (readonly [bit: number, name: string])[] = [
  [1, 'nonblocking'],
  [2, 'v4_mapped'],
  [4, 'fast_open'],
  [8, 'mptcp_subflow'],
  [16, 'simultaneous_open'],
  [32, 'peer_closed'],
  [64, 'syncookie'],
];

const ERRNO = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number as number, name]),
);

/** The name of an errno; null for 0, its number where it has no name here. */
export function errnoName(error: number): string | null {
  return error === 0 ? null : (ERRNO.get(error) ?? String(error));
}

export function resultOf({ result }: { readonly result: number }): Result {
  return RESULTS[result] ?? 'failed';
}

/** What became of an incoming connection. */
export function arrivalResult({ result }: { readonly result: number }): Result | 'accepted' {
  return result === 0 ? 'accepted' : resultOf({ result });
}

/** What kind of connection it was, separated by commas; empty for a plain one. */
export function traitsText(traits: number): string {
  return TRAITS.filter(([bit]) => traits & bit)
    .map(([, name]) => name)
    .join(',');
}
