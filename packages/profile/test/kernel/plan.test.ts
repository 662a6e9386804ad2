import { machineAt, records } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

const machine = await machineAt(inject('guest'));

it('samples by the plan of the matrix, and its account adds up', async ({ task }) => {
  const { code, stdout, stderr } = await machine.run([...bin, '-F', '99', '--json', '1']);
  expect(code, stderr).toBe(0);
  const printed = records(stdout);
  const { plan } = printed[0] as { plan: string };
  task.meta.plans = { profile: plan };
});
