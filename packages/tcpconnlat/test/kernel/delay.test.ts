import { compileWorkload, machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { beforeAll, expect, inject, it } from 'vitest';
import { workload } from '../fixtures/bin.js';
import { LOOPBACK, type Made, type Traced, traceAll } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));
const reflect = compileWorkload(workload('reflect'));

const ONE_WAY_MS = 20;
const COUNT = guest ? 5 : 20;
/** Of the fastest: from our clocks to the workload's own, which waits for a CPU that guests want too. */
const SLACK_MS = guest ? 100 : 40;

/** netem where there is one; this host delays the packets of a TUN device itself. */
const SETUP = guest
  ? `${LOOPBACK}; modprobe sch_netem || true; tc qdisc add dev lo root netem delay ${ONE_WAY_MS}ms`
  : `${LOOPBACK}; ${reflect} ${ONE_WAY_MS} > /dev/null 2>&1 &
     until ip route get 10.10.0.2 2>/dev/null | grep -q reflect; do sleep 0.02; done`;
const ADDRESS = guest ? '127.0.0.1' : '10.10.0.2';

let outgoing: Traced;
let incoming: Traced;
let histograms: Traced | undefined;
let made: Made;

beforeAll(async () => {
  const scenes = [['own', ADDRESS, COUNT]];
  const work = { workload: 'connections', setup: SETUP, scenes } as const;
  const counting = guest ? [] : [['--histogram']];
  const all = await traceAll(machine, work, [[], ['--passive'], ...counting]);
  [outgoing, incoming, histograms] = all.traced as [Traced, Traced, Traced?];
  made = all.made;
});

it('is the latency of a link whose delay is known', () => {
  expect(outgoing.rows).toHaveLength(COUNT);
  const gaps = outgoing.rows.map(({ latency_ms: latency }, i) => {
    expect(latency).toBeGreaterThanOrEqual(2 * ONE_WAY_MS);
    // What connect() itself took, which is a little more.
    return (made.results[i]?.ms ?? 0) - latency;
  });
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(0);
  expect(Math.min(...gaps)).toBeLessThan(SLACK_MS);
});

if (!guest) {
  it('has the same percentiles, within 3.1 %', () => {
    const [{ percentiles }] = (histograms as Traced).histograms as unknown as readonly [
      { percentiles: { p50: number; max: number } },
    ];
    const us = outgoing.rows.map(({ latency_ms: ms }) => ms * 1000).sort((a, b) => a - b);
    const within = (found: number, truth = Number.NaN) => {
      expect(found).toBeGreaterThan(truth * 0.969);
      expect(found).toBeLessThan(truth * 1.031);
    };
    within(percentiles.p50, us[COUNT / 2 - 1]);
    within(percentiles.max, us.at(-1));
  });
}

it('is the handshake of whoever listens behind it: there with the SYN-ACK, back with the ACK', () => {
  // The last one may still be on its way when the workload ends.
  expect(incoming.arrivals.length).toBeGreaterThanOrEqual(COUNT - 1);
  const handshakes = incoming.arrivals.map(({ handshake_ms: handshake }) => Number(handshake));
  expect(Math.min(...handshakes)).toBeGreaterThanOrEqual(2 * ONE_WAY_MS);
  expect(Math.min(...handshakes)).toBeLessThan(2 * ONE_WAY_MS + SLACK_MS + 10);
});
