import { machineAt } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';
import { type Operation, operation, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));
const program = 'async';
let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(machine);
});
afterAll(() => on.remove());

/** Completions come in any order. */
const sorted = (operations: readonly Operation[]) =>
  operations.map((one) => JSON.stringify(one)).sort();

const COUNT = 48;
const WAYS = ['aio', 'uring', 'uring-buffered', 'nowait-buffered'];

it.skipIf(machine.name === 'host').each(['fentry', 'kprobe'])(
  '%s shows AIO and io_uring once each, and a read that may not wait as its own failure',
  async (plan) => {
    const options = ['0', '--plan', plan, '--ops', 'R,W'];
    const command = [on.directory, COUNT, ...WAYS];
    const { rows, made, summary } = await trace(machine, command, options, { program });
    expect(made.all).toHaveLength(WAYS.length * COUNT);
    expect(sorted(rows.map(operation))).toEqual(sorted(made.all));
    expect(rows.filter(({ async }) => async)).toHaveLength(3 * COUNT);
    // Some may have been read ahead.
    expect(rows.filter(({ errno }) => errno === 'EAGAIN').length).toBeGreaterThan(0);
    // Of io_uring, where a page was not in memory.
    expect(summary.quality.retries).toBeGreaterThan(0);
    expect(summary.in_flight).toBe(0);
    expect(Object.values(summary.lost).reduce((a, b) => a + b)).toBe(0);
  },
);

it.runIf(machine.name === 'host')('is not shown by system calls, and that is said', async () => {
  const command = [on.directory, COUNT, 'aio', 'uring'];
  const { rows, notices } = await trace(machine, command, ['0', '--ops', 'R,W'], { program });
  expect(rows).toEqual([]);
  expect(notices.join()).toMatch(/do not show io_uring, AIO/);
});
