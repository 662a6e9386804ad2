import { compileWorkload, machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { workload } from '../fixtures/bin.js';
import { LOOPBACK, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);
const reflect = compileWorkload(workload('reflect'));

/** There and back. */
const ONE_WAY_MS = 20;

/** netem where there is one; this host delays the packets of a TUN device itself. */
const SETUP = guest
  ? `${LOOPBACK}; modprobe sch_netem || true; tc qdisc add dev lo root netem delay ${ONE_WAY_MS}ms`
  : `${LOOPBACK}; ${reflect} ${ONE_WAY_MS} > /dev/null 2>&1 &
     until ip route get 10.10.0.2 2>/dev/null | grep -q reflect; do sleep 0.02; done`;
const ADDRESS = guest ? '127.0.0.1' : '10.10.0.2';

it('is the latency of a link whose delay is known', async () => {
  const { rows, made } = await trace(machine, SETUP, ['own', ADDRESS, 20]);
  expect(rows).toHaveLength(20);
  for (const [i, { latency_ms: latency }] of rows.entries()) {
    expect(latency).toBeGreaterThanOrEqual(2 * ONE_WAY_MS);
    // What connect() itself took, which is a little more.
    expect(latency).toBeLessThanOrEqual(made.results[i]?.ms ?? 0);
    expect(latency).toBeGreaterThan((made.results[i]?.ms ?? 0) - 10);
  }
});
