import { lostOf, machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { LOOPBACK, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);

const MANY = guest ? 10_000 : 100_000;

it(`knows of each of ${MANY} connections, and keeps none`, async () => {
  const { rows, summary } = await trace(machine, LOOPBACK, ['many', MANY, 4]);
  expect(summary.events + (summary.missed ?? 0)).toBeGreaterThanOrEqual(MANY);
  expect(summary.events).toBeLessThanOrEqual(MANY);
  expect(rows.length + lostOf(summary)).toBe(summary.events);
  expect(rows.every(({ result }) => result === 'ok')).toBe(true);
  expect(summary.in_flight).toBe(0);
  expect(summary.quality.calls_not_kept).toBe(0);
});

it.each([
  ['the ring', ['--ring-size', '4096'], 'ring_full'],
  ['the map of connections', ['--connection-storage-size', '1'], 'map_full'],
] as const)('counts what found no room in %s', async (_, options, cause) => {
  const count = guest ? 2000 : 20_000;
  const { rows, summary } = await trace(machine, LOOPBACK, ['many', count, 16], options);
  expect(summary.events + (summary.missed ?? 0)).toBeGreaterThanOrEqual(count);
  expect(summary.events).toBeLessThanOrEqual(count);
  expect(rows).toHaveLength(summary.reported);
  expect(summary.lost[cause]).toBeGreaterThan(0);
  expect(summary.in_flight).toBe(0);
});
