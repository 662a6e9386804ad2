import { machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { LOOPBACK, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));

it('takes the plan of the matrix, and its account adds up', async ({ task }) => {
  const { plan, rows } = await trace(machine, LOOPBACK, ['own', '127.0.0.1', 3]);
  task.meta.plans = { tcpconnlat: plan };
  expect(rows).toHaveLength(3);
});
