import { machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { beforeAll, expect, inject, it } from 'vitest';
import { LOOPBACK, type Traced, traceAll } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));

const COUNT = 50;
const MANY = guest ? 400 : 2000;
/** Each is a run of the tool, which takes seconds where it is emulated. */
const BY = guest ? ['port'] : ['address', 'port', '/8'];

const by = new Map<string, Traced>();
let intervals: Traced;

beforeAll(async () => {
  const scenes = [['own', '127.0.0.1', COUNT], ['refused'], ['many', MANY, 4]];
  const tools = [
    ...BY.map((what) => ['--histogram', '--by', what]),
    ['--histogram', '--interval', '0.05'],
  ];
  const work = { workload: 'connections', setup: LOOPBACK, scenes, mayMiss: true } as const;
  const { traced } = await traceAll(machine, work, tools);
  for (const [i, what] of BY.entries()) by.set(what, traced[i] as Traced);
  intervals = traced.at(-1) as Traced;
});

const PLACES = { address: '127.0.0.1', '/8': '127.0.0.0/8' };

it.each(Object.entries(PLACES).filter(([what]) => BY.includes(what)))(
  'counts by %s, failures apart',
  (what, destination) => {
    const { histograms, rows, summary } = by.get(what) as Traced;
    expect(rows).toEqual([]);
    expect(summary.reported + (summary.missed ?? 0)).toBeGreaterThanOrEqual(COUNT + 2 + MANY);
    expect(histograms.map(({ labels, count }) => [labels, count])).toEqual([
      [{ destination, result: 'ok' }, summary.reported - 1],
      [{ destination, result: 'refused' }, 1],
    ]);
    expect(histograms[0]?.percentiles).toMatchObject({ p50: expect.any(Number) });
  },
);

it('counts by port: each of their own', () => {
  const { histograms, summary } = by.get('port') as Traced;
  const counts = histograms.map(({ count }) => count as number).sort((a, b) => a - b);
  for (const { labels } of histograms) {
    expect((labels as { destination: string }).destination).toMatch(/^127\.0\.0\.1:\d+$/);
  }
  expect(counts).toEqual([1, 1, COUNT, summary.reported - COUNT - 2]);
});

it('adds up over intervals', () => {
  const { histograms, summary } = intervals;
  const counts = histograms.map(({ count }) => count as number);
  expect(histograms.length).toBeGreaterThan(1);
  expect(counts.reduce((a, b) => a + b)).toBe(summary.reported);
});
