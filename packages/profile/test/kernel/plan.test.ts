import { machineAt, records, summaryOf, unexplained } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

const machine = await machineAt(inject('guest'));

it('takes the plan of the matrix, and its account adds up', async ({ task }) => {
  const { code, stdout, stderr } = await machine.run([...bin, '-F', '99', '--json', '1']);
  expect(code, stderr).toBe(0);
  const printed = records(stdout);
  task.meta.plans = { profile: (printed[0] as { plan: string }).plan };
  const summary = summaryOf(printed);
  expect(summary.events).toBeGreaterThan(0);
  expect(unexplained(summary)).toBe(0);
});
