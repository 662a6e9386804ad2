import { machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { loopDevice } from '../fixtures/device.js';
import { io, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));

it('takes the plan of the matrix, and its account adds up', async ({ task }) => {
  const device = await loopDevice(machine);
  try {
    const { plan, summary } = await trace(machine, ['-d', device.name], () =>
      io(machine, device.path, 'read'),
    );
    task.meta.plans = { biolatency: plan };
    expect(summary.events).toBeGreaterThanOrEqual(100);
  } finally {
    await device.remove();
  }
});
