import { lostOf, machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { LOOPBACK, leftInMaps, NOTHING_LEFT, type Traced, traceAll } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));

const MANY = guest ? 500 : 50_000;

it(`knows of each of ${MANY} connections, on both sides, and keeps none`, async () => {
  // The second half is reset by its clients at once: before accept(), behind it, or before the handshake's last segment.
  const scenes = [
    ['many', MANY, 4],
    ['abort', MANY, 4],
  ];
  const work = { workload: 'connections', setup: LOOPBACK, scenes, mayMiss: true } as const;
  const { traced, made } = await traceAll(machine, work, [[], ['--passive']]);
  const [outgoing, incoming] = traced as [Traced, Traced];
  const port = Number(/^many (\d+)$/m.exec(made.stdout)?.[1]);
  const accepted = incoming.arrivals.filter(({ lport }) => lport === port);
  const counts = [
    [outgoing, outgoing.summary.events, 2 * MANY],
    [incoming, accepted.length, MANY],
  ] as const;
  for (const [{ rows, summary }, seen, truth] of counts) {
    const unseen = lostOf(summary) + (summary.missed ?? 0);
    expect(seen).toBeLessThanOrEqual(truth);
    expect(seen + unseen).toBeGreaterThanOrEqual(truth);
    expect(summary.events).toBeLessThanOrEqual(2 * MANY);
    expect(rows.length + lostOf(summary)).toBe(summary.events);
    expect(summary.in_flight).toBe(0);
    expect(leftInMaps(summary)).toEqual(NOTHING_LEFT);
    expect(summary.lost.map_full).toBe(0);
  }
  expect(outgoing.rows.every(({ result }) => result === 'ok')).toBe(true);
  expect(outgoing.summary.quality.calls_not_kept).toBe(0);
  if (!incoming.summary.missed) {
    expect(accepted.every(({ result }) => result === 'accepted')).toBe(true);
  }
  for (const { result } of incoming.arrivals) {
    expect(['accepted', 'reset', 'closed']).toContain(result);
  }
  expect(incoming.summary.quality.listeners_not_found).toBe(0);
});
