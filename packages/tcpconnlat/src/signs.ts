import type { Arrival, Connection } from './tcpconnlat.gen.js';

/** What connections show of listeners that drop something: how many had to repeat their SYN, or were answered late. */
export interface Signs {
  readonly synRetransmitted: number;
  readonly lateResponses: number;
}

export const NO_SIGNS: Signs = { synRetransmitted: 0, lateResponses: 0 };

/** As connection.bpf.h has it. */
const LATE_NS = 100_000_000;

/** Of one connection. */
export function signsOf({ synRetransmits, responseNs, latencyNs }: Connection): Signs {
  return {
    synRetransmitted: Number(synRetransmits > 0),
    lateResponses: Number(responseNs > 0 && responseNs >= latencyNs + LATE_NS),
  };
}

/** Of an incoming one: the next is dropped. The kernel lets one wait more than the limit (sk_acceptq_is_full()). */
export function tookLastPlace({ queueLength, queueLimit }: Arrival): boolean {
  return queueLength >= queueLimit;
}

export function isNone({ synRetransmitted, lateResponses }: Signs): boolean {
  return synRetransmitted <= 0 && lateResponses <= 0;
}

export function plus(one: Signs, other: Signs, times = 1): Signs {
  return {
    synRetransmitted: one.synRetransmitted + times * other.synRetransmitted,
    lateResponses: one.lateResponses + times * other.lateResponses,
  };
}
