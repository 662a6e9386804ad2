import { machineAt } from '@probekit/core/testing';
import { describe, expect, inject, it } from 'vitest';
import { LOOPBACK, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);

/** Clients of one listener, which accepts late. */
const CLIENTS = 8;
const LONG = 64;

/** What each client says: milliseconds to connect and to the first byte. */
function clients(stdout: string): { connect: number; first: number }[] {
  return [...stdout.matchAll(/^client ([\d.]+) ([\d.]+)$/gm)].map(([, connect, first]) => ({
    connect: Number(connect),
    first: Number(first),
  }));
}

describe('SYNs that a full listen queue drops, without syncookies', () => {
  const setup = `${LOOPBACK}; echo 0 > /proc/sys/net/ipv4/tcp_syncookies`;

  it('are named, with retransmits and steps of a second or more', async () => {
    const { rows, notices, made } = await trace(machine, setup, ['crowd', 1, CLIENTS, 100]);
    const truth = clients(made.stdout);
    expect(truth).toHaveLength(CLIENTS);
    const slow = rows.filter(({ syn_retransmits: count }) => count > 0);
    expect(slow.length).toBeGreaterThan(0);
    expect(slow).toHaveLength(truth.filter(({ connect }) => connect > 900).length);
    for (const { latency_ms, result } of slow) {
      expect(result).toBe('ok');
      expect(latency_ms).toBeGreaterThan(990);
    }
    expect(notices.join()).toMatch(
      new RegExp(
        `listen queue overflow: .*${made.netns} .*${slow.length} connections had to repeat`,
      ),
    );
  });

  it('are not there with a backlog that is long enough', async () => {
    const { rows, notices } = await trace(machine, setup, ['crowd', LONG, CLIENTS, 100]);
    expect(rows).toHaveLength(CLIENTS);
    expect(rows.filter(({ syn_retransmits: count }) => count > 0)).toEqual([]);
    expect(notices.join()).not.toMatch(/overflow/);
  });
});

describe('last ACKs that a full accept queue drops', () => {
  // What makes all SYNs come before the first ACK: a slow link.
  const slow = guest
    ? 'modprobe sch_netem || true; tc qdisc add dev lo root netem rate 200kbit limit 1000'
    : 'tc qdisc add dev lo root tbf rate 200kbit burst 100 limit 100000';
  const setup = `${LOOPBACK}; ${slow}`;

  it('are named: connected at once, and answered late', async () => {
    const op = ['crowd', 1, CLIENTS, 150];
    const { rows, notices, made } = await trace(machine, setup, op, ['--first-response']);
    const truth = clients(made.stdout);
    expect(truth).toHaveLength(CLIENTS);
    expect(rows).toHaveLength(CLIENTS);
    const late = rows.filter(({ first_response_ms: first }) => (first ?? 0) > 100);
    expect(late.length).toBeGreaterThan(0);
    expect(late).toHaveLength(truth.filter(({ first }) => first > 100).length);
    for (const { latency_ms, syn_retransmits } of rows) {
      expect(latency_ms).toBeLessThan(100);
      expect(syn_retransmits).toBe(0);
    }
    expect(notices.join()).toMatch(
      new RegExp(`accept queue overflow: .*${made.netns} dropped the last ACK of`),
    );
  });

  it('are not there with a backlog that is long enough', async () => {
    const op = ['crowd', LONG, CLIENTS, 0];
    const { rows, notices } = await trace(machine, setup, op, ['--first-response']);
    expect(rows).toHaveLength(CLIENTS);
    expect(notices.join()).not.toMatch(/overflow/);
  });
});
