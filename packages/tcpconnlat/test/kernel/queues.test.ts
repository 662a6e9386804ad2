import { machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type Arrival, has, LOOPBACK, type Row, type Traced, traceAll } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));

/** Clients of one listener, which accepts late. */
const CLIENTS = 8;
const [LONG, SHORT] = [64, 1];

/** A crowd at one listener. */
interface Crowd {
  /** What each client says, in milliseconds. */
  readonly clients: readonly { readonly connect: number; readonly first: number }[];
  readonly rows: readonly Row[];
  readonly arrivals: readonly Arrival[];
}

interface Played {
  readonly netns: number;
  readonly long: Crowd;
  readonly short: Crowd;
  readonly outgoing: Traced;
  readonly incoming: Traced;
}

/** The same crowd at a listener with a backlog that is long enough, and then at one with a short one. */
async function play(setup: string, acceptAfterMs: number): Promise<Played> {
  const crowd = (backlog: number) => ['crowd', backlog, CLIENTS, acceptAfterMs];
  // The last packets of the first one take their time over a slow link.
  const scenes = [crowd(LONG), ['sh', 'sleep 0.3'], crowd(SHORT)];
  const { made, traced } = await traceAll(machine, { workload: 'connections', setup, scenes }, [
    ['--first-response'],
    ['--passive'],
  ]);
  const [outgoing, incoming] = traced as [Traced, Traced];
  const [long, short] = made.stdout
    .split(/^crowd /m)
    .slice(1)
    .map((said): Crowd => {
      const port = Number.parseInt(said, 10);
      const clients = [...said.matchAll(/^client ([\d.]+) ([\d.]+)$/gm)].map(
        ([, connect, first]) => ({
          connect: Number(connect),
          first: Number(first),
        }),
      );
      return {
        clients,
        rows: outgoing.rows.filter(({ dport }) => dport === port),
        arrivals: incoming.arrivals.filter(({ lport }) => lport === port),
      };
    }) as [Crowd, Crowd];
  for (const { clients, rows, arrivals } of [long, short]) {
    const said = JSON.stringify([outgoing.summary, incoming.summary]);
    const counts = [clients.length, rows.length, arrivals.length];
    expect(counts, said).toEqual([CLIENTS, CLIENTS, CLIENTS]);
  }
  return { netns: made.netns, long, short, outgoing, incoming };
}

/** Seconds until the so-manieth repetition of a SYN: 1, 2, 3, 4 where they are linear (6.5 on), else 1, 3, 7. */
const steps = (repeated: number) => (isLinear ? Math.min(repeated, 4) : 2 ** repeated - 1);
const isLinear = await has(machine, '/proc/sys/net/ipv4/tcp_syn_linear_timeouts');

const isRepeated = ({ syn_retransmits: count }: Row) => count > 0;
const isLate = ({ first_response_ms: first }: Row) => (first ?? 0) > 100;
const isFilling = ({ queue_length: length, queue_limit: limit }: Arrival) => length >= limit;
const isCookie = ({ traits }: Arrival) => traits === 'syncookie';

describe('SYNs that a full listen queue drops, without syncookies', () => {
  let played: Played;

  beforeAll(async () => {
    played = await play(`${LOOPBACK}; echo 0 > /proc/sys/net/ipv4/tcp_syncookies`, 100);
  });

  it('are named, with retransmits and steps of a second or more', () => {
    const { short, outgoing, netns } = played;
    const slow = short.rows.filter(isRepeated);
    expect(slow.length).toBeGreaterThan(0);
    expect(slow).toHaveLength(short.clients.filter(({ connect }) => connect > 900).length);
    for (const { latency_ms, result, syn_retransmits: repeated } of slow) {
      expect(result).toBe('ok');
      expect(latency_ms).toBeGreaterThan(990 * steps(repeated));
      expect(latency_ms).toBeLessThan(1000 * steps(repeated) + (guest ? 900 : 500));
    }
    expect(outgoing.notices.join()).toMatch(
      new RegExp(`listen queue overflow: .*${netns} .*${slow.length} connections had to repeat`),
    );
  });

  it('come behind a queue that --passive shows to be full', () => {
    const { short, incoming } = played;
    for (const { queue_limit } of short.arrivals) expect(queue_limit).toBe(SHORT);
    const last = short.arrivals.filter(isFilling);
    expect(last.length).toBeGreaterThan(0);
    expect(incoming.summary.quality.queue_filled).toBe(last.length);
    expect(incoming.notices.join()).toMatch(/took the last place of an accept queue/);
  });

  it('are not there with a backlog that is long enough', () => {
    const { rows, arrivals } = played.long;
    expect(rows.filter(isRepeated)).toEqual([]);
    expect(arrivals.filter(isFilling)).toEqual([]);
  });
});

describe('last ACKs that a full accept queue drops', () => {
  /** What makes all SYNs come before the first ACK: a slow link. */
  const slow = guest
    ? 'modprobe sch_netem || true; tc qdisc add dev lo root netem rate 200kbit limit 1000'
    : 'tc qdisc add dev lo root tbf rate 200kbit burst 100 limit 100000';
  /** An emulated machine takes its time to begin as well. */
  const AT_ONCE_MS = guest ? 500 : 100;
  const ACCEPT_AFTER_MS = 150;
  let played: Played;

  beforeAll(async () => {
    played = await play(`${LOOPBACK}; ${slow}`, ACCEPT_AFTER_MS);
  });

  it('are named: connected at once, and answered late', () => {
    const { short, outgoing, netns } = played;
    const late = short.rows.filter(isLate);
    expect(late).toHaveLength(short.clients.filter(({ first }) => first > 100).length);
    expect(late.length).toBeGreaterThan(0);
    const connects = Math.max(...short.clients.map(({ connect }) => connect));
    // All come when the listener accepts; those whose ACK was dropped, when they are heard again.
    for (const { latency_ms, syn_retransmits, first_response_ms: first } of short.rows) {
      expect(latency_ms).toBeLessThan(connects);
      expect(syn_retransmits).toBe(0);
      expect(first).toBeGreaterThan(ACCEPT_AFTER_MS - 50);
      expect(first).toBeLessThan(guest ? 3000 : 1000);
    }
    expect(Math.min(...short.rows.map(({ latency_ms }) => latency_ms))).toBeLessThan(AT_ONCE_MS);
    expect(outgoing.notices.join()).toMatch(
      new RegExp(`accept queue overflow: .*${netns} dropped the last ACK of`),
    );
  });

  it('are syncookies to --passive, or long handshakes, behind a full queue', () => {
    const { short, incoming } = played;
    const cookies = short.arrivals.filter(isCookie);
    for (const { handshake_ms } of cookies) expect(handshake_ms).toBeNull();
    const isLong = (one: Arrival) => (one.handshake_ms ?? 0) > 100 || one.synack_retransmits > 0;
    const dropped = short.arrivals.filter((one) => isCookie(one) || isLong(one));
    expect(dropped.length).toBeGreaterThan(0);
    expect(incoming.summary.quality.syncookies).toBe(incoming.arrivals.filter(isCookie).length);
    expect(short.arrivals.filter(isFilling).length).toBeGreaterThan(0);
  });

  it('are not there with a backlog that is long enough', () => {
    const { arrivals, clients, rows } = played.long;
    expect(arrivals.filter(isFilling)).toEqual([]);
    expect(arrivals.filter(isCookie)).toEqual([]);
    // Late by as much as the listener is, and no more than the clients say.
    const firsts = clients.map(({ first }) => first).sort((a, b) => a - b);
    const found = rows.map(({ first_response_ms: first }) => first ?? Number.NaN);
    for (const [i, first] of found.sort((a, b) => a - b).entries()) {
      expect(first).toBeLessThanOrEqual(firsts[i] ?? Number.NaN);
    }
    expect(rows.filter(isRepeated)).toEqual([]);
  });
});
