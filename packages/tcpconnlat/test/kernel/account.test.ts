import { lostOf, machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import {
  LOOPBACK,
  leftInMaps,
  NOTHING_LEFT,
  OPENS,
  passiveOpens,
  type Traced,
  traceAll,
} from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));

const MANY = guest ? 1000 : 100_000;

it(`knows of each of ${MANY} connections, on both sides, and keeps none`, async () => {
  const scenes = [['many', MANY, 4], OPENS];
  const work = { workload: 'connections', setup: LOOPBACK, scenes, mayMiss: true } as const;
  const { traced, made } = await traceAll(machine, work, [[], ['--passive']]);
  const [outgoing, incoming] = traced as [Traced, Traced];
  const counts = [
    [outgoing, MANY],
    [incoming, passiveOpens(made.stdout)],
  ] as const;
  for (const [{ rows, summary }, truth] of counts) {
    expect(summary.events + (summary.missed ?? 0)).toBeGreaterThanOrEqual(truth);
    expect(summary.events).toBeLessThanOrEqual(truth);
    expect(rows.length + lostOf(summary)).toBe(summary.events);
    expect(summary.in_flight).toBe(0);
    expect(leftInMaps(summary)).toEqual(NOTHING_LEFT);
    expect(summary.lost.map_full).toBe(0);
  }
  expect(outgoing.rows.every(({ result }) => result === 'ok')).toBe(true);
  expect(outgoing.summary.quality.calls_not_kept).toBe(0);
  // The client resets each at once, often before it is accepted.
  const results = new Set(incoming.arrivals.map(({ result }) => result));
  for (const result of results) expect(['accepted', 'reset', 'closed']).toContain(result);
  expect(incoming.summary.quality.listeners_not_found).toBe(0);
});
