import { machineAt } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';
import { expected, operation, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));
let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(machine);
});
afterAll(() => on.remove());

const PLANS = machine.name === 'host' ? ['syscalls'] : ['fentry', 'kprobe'];

it.each(PLANS)('%s shows the operations that were asked for by name', async (plan) => {
  const ops =
    plan === 'syscalls' ? 'O,W,splice,readdir' : 'O,W,splice,truncate,rename,unlink,mkdir,readdir';
  const options = ['0', '--plan', plan, '--ops', ops];
  const { rows, made } = await trace(machine, [on.directory, 'others'], options);
  // Its own file is closed before it is removed.
  expect(rows.map(operation)).toEqual(expected(plan, made));
});

it.runIf(machine.name !== 'host').each(PLANS)('%s shows faults of mapped files', async (plan) => {
  const options = ['0', '--plan', plan, '--ops', 'mmap,mkwrite,W', '--path', on.directory];
  const { rows, made } = await trace(machine, [on.directory, 'mapped'], options);
  const truth = made.all.filter(({ op }) => op !== 'O' && op !== 'S');
  expect(rows.map(operation)).toEqual(truth);
});
