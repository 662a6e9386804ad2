import { machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { LOOPBACK, trace, VOID } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));

it.each([
  ['address', '127.0.0.1'],
  ['port', /^127\.0\.0\.1:\d+$/],
  ['/8', '127.0.0.0/8'],
])('counts by %s', async (by, destination) => {
  const options = ['--histogram', '--by', by];
  const op = ['own', '127.0.0.1', 50];
  const { histograms, rows, summary } = await trace(machine, LOOPBACK, op, options);
  expect(rows).toEqual([]);
  expect(summary.reported).toBe(50);
  expect(histograms).toHaveLength(1);
  expect(histograms[0]).toMatchObject({
    count: 50,
    labels: { destination: expect.stringMatching(destination), result: 'ok' },
    percentiles: { p50: expect.any(Number) },
  });
});

it('keeps failures apart', async () => {
  const { histograms } = await trace(machine, VOID, ['refused'], ['--histogram']);
  expect(histograms.map(({ labels, count }) => [labels, count])).toEqual([
    [{ destination: '127.0.0.1', result: 'ok' }, 1],
    [{ destination: '127.0.0.1', result: 'refused' }, 1],
  ]);
});

it('adds up over intervals', async () => {
  const options = ['--histogram', '--interval', '0.05'];
  const { histograms, summary } = await trace(machine, LOOPBACK, ['many', 2000, 4], options);
  const counts = histograms.map(({ count }) => count as number);
  expect(counts.reduce((a, b) => a + b)).toBe(summary.reported);
  expect(summary.events + (summary.missed ?? 0)).toBeGreaterThanOrEqual(2000);
});
