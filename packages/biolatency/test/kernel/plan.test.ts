import { machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { loopDevice } from '../fixtures/device.js';
import { counted, io, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));

it('takes the plan of the matrix, and counts what was read', async ({ task }) => {
  const device = await loopDevice(machine);
  try {
    let made = 0;
    const traced = await trace(machine, ['-F', '-d', device.name], async () => {
      made = await io(machine, device.path, 'read');
    });
    // losetup's udev may read too.
    expect(counted(traced, { flags: /(^|-)Read$/ })).toBeGreaterThanOrEqual(made);
    task.meta.plans = { biolatency: traced.plan };
  } finally {
    await device.remove();
  }
});
