import { machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';
import { type Operation, operation, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));
const program = 'async';
let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(machine);
});
afterAll(() => on.remove());

beforeEach(({ skip }) =>
  skip(
    guest === null,
    'no function of this kernel can be hooked, and system calls show none of it',
  ),
);

/** Completions come in any order. */
const sorted = (operations: readonly Operation[]) =>
  operations.map((one) => JSON.stringify(one)).sort();

const COUNT = 48;
const ASYNC = ['aio', 'uring', 'uring-buffered', 'aio-buffered-nowait', 'uring-buffered-nowait'];
const WAYS = [...ASYNC, 'loop', 'nowait-buffered'];

it.for(['fentry', 'kprobe'])(
  '%s shows AIO, io_uring and a loop device once each, and a read that may not wait as its own failure',
  async (plan) => {
    const options = ['0', '--plan', plan, '--ops', 'R,W', '--path', on.directory];
    const command = [on.directory, COUNT, ...WAYS];
    const traced = await trace(machine, command, options, { program, others: true });
    const { rows, made, summary } = traced;
    expect(made.all).toHaveLength(WAYS.length * COUNT);
    expect(sorted(rows.map(operation))).toEqual(sorted(made.all));
    expect(rows.filter(({ async }) => async)).toHaveLength((ASYNC.length + 1) * COUNT);
    // Some may have been read ahead.
    const failed = rows.filter(({ errno }) => errno === 'EAGAIN');
    expect(failed.some(({ async }) => async)).toBe(true);
    expect(failed.some(({ async }) => !async)).toBe(true);
    // Of io_uring, where a page was not in memory.
    expect(summary.quality.retries).toBeGreaterThan(0);
    expect(summary.in_flight).toBe(0);
    expect(Object.values(summary.lost).reduce((a, b) => a + b)).toBe(0);
  },
);
