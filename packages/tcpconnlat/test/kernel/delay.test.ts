import { compileWorkload, machineAt } from '@probekit/core/testing';
import { beforeAll, expect, inject, it } from 'vitest';
import { workload } from '../fixtures/bin.js';
import { LOOPBACK, type Made, type Traced, traceAll } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);
const reflect = compileWorkload(workload('reflect'));

const ONE_WAY_MS = 20;
const COUNT = guest ? 5 : 20;
/** From our clocks to the workload's own. */
const SLACK_MS = guest ? 100 : 10;

/** netem where there is one; this host delays the packets of a TUN device itself. */
const SETUP = guest
  ? `${LOOPBACK}; modprobe sch_netem || true; tc qdisc add dev lo root netem delay ${ONE_WAY_MS}ms`
  : `${LOOPBACK}; ${reflect} ${ONE_WAY_MS} > /dev/null 2>&1 &
     until ip route get 10.10.0.2 2>/dev/null | grep -q reflect; do sleep 0.02; done`;
const ADDRESS = guest ? '127.0.0.1' : '10.10.0.2';

let outgoing: Traced;
let incoming: Traced;
let made: Made;

beforeAll(async () => {
  const scenes = [['own', ADDRESS, COUNT]];
  const work = { workload: 'connections', setup: SETUP, scenes } as const;
  const all = await traceAll(machine, work, [[], ['--passive']]);
  [outgoing, incoming] = all.traced as [Traced, Traced];
  made = all.made;
});

it('is the latency of a link whose delay is known', () => {
  expect(outgoing.rows).toHaveLength(COUNT);
  for (const [i, { latency_ms: latency }] of outgoing.rows.entries()) {
    expect(latency).toBeGreaterThanOrEqual(2 * ONE_WAY_MS);
    // What connect() itself took, which is a little more.
    expect(latency).toBeLessThanOrEqual(made.results[i]?.ms ?? 0);
    expect(latency).toBeGreaterThan((made.results[i]?.ms ?? 0) - SLACK_MS);
  }
});

it('is the handshake of whoever listens behind it: there with the SYN-ACK, back with the ACK', () => {
  // The last one may still be on its way when the workload ends.
  expect(incoming.arrivals.length).toBeGreaterThanOrEqual(COUNT - 1);
  for (const { handshake_ms: handshake } of incoming.arrivals) {
    expect(handshake).toBeGreaterThanOrEqual(2 * ONE_WAY_MS);
    expect(handshake).toBeLessThan(2 * ONE_WAY_MS + SLACK_MS + 10);
  }
});
