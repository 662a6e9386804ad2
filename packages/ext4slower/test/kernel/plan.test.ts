import { machineAt } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';
import { counted, expected, operation, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));
let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(machine);
});
afterAll(() => on.remove());

/** Those that this machine has; the first is the one of the matrix. */
const PLANS = machine.name === 'host' ? ['syscalls'] : ['fentry', 'kprobe', 'syscalls'];

it('takes the plan of the matrix', async ({ task }) => {
  const { plan, rows, made } = await trace(machine, [on.directory, 'deleted'], ['0']);
  expect(plan).toBe(PLANS[0]);
  task.meta.plans = { ext4slower: plan };
  expect(rows.map(operation)).toEqual(expected(plan, made));
  expect(rows.map(({ deleted }) => deleted)).toEqual([false, true, true]);
});

it.each(PLANS)('%s shows each operation that the program made', async (plan) => {
  const traced = await trace(machine, [on.directory, 'usual'], ['0', '--plan', plan]);
  const { rows, made } = traced;
  const truth = expected(plan, made);
  expect(rows.map(operation)).toEqual(truth);
  const kinds = ['R', 'W', 'O', 'S'].map((op) => truth.filter((one) => one.op === op).length);
  expect(counted(traced)).toEqual({ R: kinds[0], W: kinds[1], O: kinds[2], S: kinds[3] });
  expect(rows.every(({ pid }) => pid === made.pid)).toBe(true);
});

it.each(PLANS)('%s has names and long paths exactly', async (plan) => {
  const named = await trace(machine, [on.directory, 'names'], ['0', '--plan', plan]);
  expect(named.rows.map(operation)).toEqual(expected(plan, named.made));
  const deep = await trace(machine, [on.directory, 'deep', '300'], ['0', '--plan', plan]);
  expect(deep.rows.map(operation)).toEqual(expected(plan, deep.made));
  expect(deep.rows.every(({ file_truncated }) => !file_truncated)).toBe(true);
});
