import { machineAt } from '@probekit/core/testing';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type Arrival, LOOPBACK, type Made, type Traced, traceAll } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);

/** Clients of one listener, which accepts late. */
const CLIENTS = 8;
const LONG = 64;

interface Client {
  /** Milliseconds. */
  readonly connect: number;
  readonly first: number;
}

/** What each client says, in the order of the scenes. */
function clientsOf({ stdout }: Made): Client[] {
  return [...stdout.matchAll(/^client ([\d.]+) ([\d.]+)$/gm)].map(([, connect, first]) => ({
    connect: Number(connect),
    first: Number(first),
  }));
}

interface Scene {
  readonly made: Made;
  readonly outgoing: Traced;
  readonly incoming: Traced;
}

async function play(setup: string, backlog: number, acceptAfterMs: number): Promise<Scene> {
  const scenes = [['crowd', backlog, CLIENTS, acceptAfterMs]];
  const { made, traced } = await traceAll(machine, { workload: 'connections', setup, scenes }, [
    ['--first-response'],
    ['--passive'],
  ]);
  return { made, outgoing: traced[0] as Traced, incoming: traced[1] as Traced };
}

describe('SYNs that a full listen queue drops, without syncookies', () => {
  const setup = `${LOOPBACK}; echo 0 > /proc/sys/net/ipv4/tcp_syncookies`;
  let short: Scene;
  let long: Scene;

  beforeAll(async () => {
    short = await play(setup, 1, 100);
    long = await play(setup, LONG, 100);
  });

  it('are named, with retransmits and steps of a second or more', () => {
    const { rows, notices } = short.outgoing;
    expect(rows).toHaveLength(CLIENTS);
    const slow = rows.filter(({ syn_retransmits: count }) => count > 0);
    expect(slow.length).toBeGreaterThan(0);
    expect(slow).toHaveLength(clientsOf(short.made).filter(({ connect }) => connect > 900).length);
    for (const { latency_ms, result } of slow) {
      expect(result).toBe('ok');
      expect(latency_ms).toBeGreaterThan(990);
    }
    expect(notices.join()).toMatch(
      new RegExp(
        `listen queue overflow: .*${short.made.netns} .*${slow.length} connections had to repeat`,
      ),
    );
  });

  it('come behind a queue that --passive shows to be full', () => {
    const { arrivals, summary, notices } = short.incoming;
    expect(arrivals).toHaveLength(CLIENTS);
    expect(arrivals.every(({ queue_limit }) => queue_limit === 1)).toBe(true);
    const last = arrivals.filter(({ queue_length }) => queue_length === 1);
    expect(last.length).toBeGreaterThan(0);
    expect(summary.quality.queue_filled).toBe(last.length);
    expect(notices.join()).toMatch(/took the last place of an accept queue/);
  });

  it('are not there with a backlog that is long enough', () => {
    const { outgoing, incoming } = long;
    expect(outgoing.rows).toHaveLength(CLIENTS);
    expect(outgoing.rows.filter(({ syn_retransmits: count }) => count > 0)).toEqual([]);
    expect(incoming.summary.quality.queue_filled).toBe(0);
    expect([...outgoing.notices, ...incoming.notices].join()).not.toMatch(/queue/);
  });
});

describe('last ACKs that a full accept queue drops', () => {
  /** What makes all SYNs come before the first ACK: a slow link. */
  const slow = guest
    ? 'modprobe sch_netem || true; tc qdisc add dev lo root netem rate 200kbit limit 1000'
    : 'tc qdisc add dev lo root tbf rate 200kbit burst 100 limit 100000';
  const setup = `${LOOPBACK}; ${slow}`;
  /** An emulated machine takes its time to begin as well. */
  const AT_ONCE_MS = guest ? 500 : 100;
  let short: Scene;
  let long: Scene;

  beforeAll(async () => {
    short = await play(setup, 1, 150);
    long = await play(setup, LONG, 0);
  });

  const late = ({ first_response_ms: first }: { first_response_ms?: number | null }) =>
    (first ?? 0) > 100;

  it('are named: connected at once, and answered late', () => {
    const { rows, notices } = short.outgoing;
    expect(clientsOf(short.made)).toHaveLength(CLIENTS);
    expect(rows).toHaveLength(CLIENTS);
    expect(rows.filter(late)).toHaveLength(
      clientsOf(short.made).filter(({ first }) => first > 100).length,
    );
    expect(rows.filter(late).length).toBeGreaterThan(0);
    for (const { latency_ms, syn_retransmits } of rows) {
      expect(latency_ms).toBeLessThan(AT_ONCE_MS);
      expect(syn_retransmits).toBe(0);
    }
    expect(notices.join()).toMatch(
      new RegExp(`accept queue overflow: .*${short.made.netns} dropped the last ACK of`),
    );
  });

  it('are syncookies to --passive, or long handshakes, behind a full queue', () => {
    const { arrivals, summary } = short.incoming;
    expect(arrivals).toHaveLength(CLIENTS);
    const isCookie = ({ traits }: Arrival) => traits === 'syncookie';
    for (const { handshake_ms } of arrivals.filter(isCookie)) expect(handshake_ms).toBeNull();
    const isLong = (one: Arrival) => (one.handshake_ms ?? 0) > 100 || one.synack_retransmits > 0;
    const dropped = arrivals.filter((one) => isCookie(one) || isLong(one));
    expect(dropped.length).toBeGreaterThanOrEqual(
      clientsOf(short.made).filter(({ first }) => first > 250).length,
    );
    expect(dropped.length).toBeGreaterThan(0);
    expect(summary.quality.syncookies).toBe(arrivals.filter(isCookie).length);
    expect(summary.quality.queue_filled).toBeGreaterThan(0);
  });

  it('are not there with a backlog that is long enough', () => {
    const { outgoing, incoming } = long;
    expect(outgoing.rows).toHaveLength(CLIENTS);
    expect(outgoing.notices.join()).not.toMatch(/overflow/);
    expect(incoming.summary.quality.queue_filled).toBe(0);
  });
});
