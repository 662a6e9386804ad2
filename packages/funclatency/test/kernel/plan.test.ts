import { machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { counted, expectTruth, of, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));

it('takes the plan of the matrix for user functions, and counts what was called', async ({
  task,
}) => {
  const traced = await trace(machine, [of('nap'), '-F'], ['nap', 3, 33, 2]);
  expectTruth(traced, 'nap');
  // Kernels before 6.7 do not count what uprobes leave out.
  expect(traced.summary.missed).toBe(['5.10', '6.1'].includes(machine.name) ? null : 0);
  task.meta.plans = { funclatency: traced.plan };
});

it('takes the plan of the matrix for system calls', async ({ task }) => {
  const traced = await trace(machine, ['sys_clock_nanosleep', '-F'], ['nap', 3, 33, 2]);
  expect(counted(traced, 'sys_clock_nanosleep').count).toBeGreaterThanOrEqual(6);
  task.meta.plans = { 'funclatency sys_read': traced.plan };
});
