import { host, machineAt, sh, toolsInOneProcess } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { difference, ended, idle, loopDevice, type TestDevice } from '../fixtures/device.js';
import { counted, io, type Traced, trace, traceOnce } from '../fixtures/run.js';

const machine = toolsInOneProcess(await machineAt(inject('guest')));
const PLANS = ['tp_btf', 'raw_tp', 'tracepoint'] as const;

/** Every kind of I/O on one device; what the device itself counted meanwhile. */
async function allKinds(device: TestDevice) {
  await idle(machine, device.name);
  const before = await ended(machine, device.name);
  await io(machine, device.path, 'read', { count: 200, threads: 2 });
  await io(machine, device.path, 'write', { count: 100 });
  // Larger than one request may be: split bios.
  await io(machine, device.path, 'read', { bytes: 4 << 20, count: 4 });
  await io(machine, device.path, 'write', { bytes: 4 << 20, count: 4, way: 'buffered' });
  await sh(machine, 'sync "$1"', device.path);
  await io(machine, device.path, 'write', { count: 20, way: 'sync' });
  await io(machine, device.path, 'discard', { bytes: 1 << 20, count: 10 });
  await io(machine, device.path, 'fsync', { count: 5 });
  await idle(machine, device.name);
  return difference(await ended(machine, device.name), before);
}

function expectSame(traced: Traced, truth: Awaited<ReturnType<typeof allKinds>>): void {
  const { summary } = traced;
  expect(counted(traced, { flags: /(^|-)Read$/ })).toBe(truth.reads);
  expect(counted(traced, { flags: /(^|-)Discard$/ })).toBe(truth.discards);
  expect(counted(traced, { flags: 'Flush' })).toBe(truth.flushes);
  // A flush that was asked for by itself is, for the device, also a write of nothing, which is never issued.
  expect(counted(traced, { flags: /(^|-)Write$/ }) + summary.unmatched_ends).toBe(truth.writes);
  expect(summary.in_flight).toBe(0);
  expect(Object.values(summary.lost).reduce((a, b) => a + b)).toBe(0);
}

beforeAll(async () => {
  await sh(
    machine,
    'test -e /sys/kernel/tracing/events || mount -t tracefs tracefs /sys/kernel/tracing',
  );
});

describe.each(['none', 'mq-deadline'])('on a loop device with scheduler %s', (scheduler) => {
  let device: TestDevice;
  beforeAll(async () => {
    device = await loopDevice(machine, scheduler);
  });
  afterAll(() => device.remove());

  it.for(PLANS)('%s counts what the device counts', async (plan, { task }) => {
    let truth: Awaited<ReturnType<typeof allKinds>> | undefined;
    const traced = await trace(machine, ['--plan', plan, '-F', '-d', device.name], async () => {
      truth = await allKinds(device);
    });
    expect(traced.plan).toBe(plan);
    if (!truth) throw new Error('no truth');
    expect(truth.reads).toBeGreaterThan(400);
    expect(truth.discards).toBeGreaterThan(0);
    expectSame(traced, truth);
    task.meta.plans = { [`biolatency --plan ${plan}`]: traced.plan };
  });

  it.each(['-Q', '--split'])('%s counts each request once', async (option) => {
    let truth: Awaited<ReturnType<typeof allKinds>> | undefined;
    const traced = await trace(machine, [option, '-F', '-d', device.name], async () => {
      truth = await allKinds(device);
    });
    if (!truth) throw new Error('no truth');
    const { reads, writes, discards, flushes } = truth;
    const { summary } = traced;
    expect(summary.reported + summary.unmatched_ends).toBe(reads + writes + discards + flushes);
    if (option === '--split') {
      expect(counted(traced, { stage: 'queue' })).toBe(counted(traced, { stage: 'device' }));
      expect(counted(traced, { stage: 'device' })).toBe(summary.reported);
    }
    const { queued_since_allocation: allocated = 0, queue_time_unknown: unknown } = summary.quality;
    expect(unknown).toBe(0);
    // Without a scheduler only some, such as discards, are inserted anywhere.
    if (scheduler === 'none') expect(allocated).toBeGreaterThan(100);
    else expect(allocated).toBeLessThan(summary.events);
  });
});

/** For many threads, amid which a kernel from 7.x on always finds some program of ours at work. */
const traceMany = machine === host ? trace : traceOnce;

/** What our programs were not run for, the kernel has counted. */
function expectAllBut(missed: number | null, counted: number, made: number): void {
  expect(counted).toBeLessThanOrEqual(made);
  expect(counted + (missed ?? 0)).toBeGreaterThanOrEqual(made);
}

describe('with room for few', () => {
  let device: TestDevice;
  beforeAll(async () => {
    device = await loopDevice(machine);
  });
  afterAll(() => device.remove());

  const total = machine.name === 'host' ? 100_000 : 8000;

  it.each(PLANS)('%s knows of each I/O where it went', async (plan) => {
    const options = ['--plan', plan, '-d', device.name, '--start-storage-size', '8'];
    let made = 0;
    const { summary } = await traceMany(machine, options, async () => {
      const before = await ended(machine, device.name);
      await io(machine, device.path, 'read', { count: total / 16, threads: 16 });
      await idle(machine, device.name);
      made = difference(await ended(machine, device.name), before).reads;
    });
    expectAllBut(summary.missed, summary.events, made);
    expect(made).toBe(total);
  });

  it('says what found no room, and how to make some', async () => {
    // A map holds some more than it must: one for each CPU.
    const options = ['-F', '--percentiles', '--histogram-storage-size', '1', '-d', device.name];
    const { summary, stderr } = await trace(machine, options, () => allKinds(device));
    expect(summary.events).toBeGreaterThan(400);
    expect(summary.lost.map_full).toBeGreaterThan(0);
    expect(summary.reported).toBeGreaterThan(0);
    expect(stderr).toMatch(/lost of \d+ events: \d+ map_full/);
  });
});

describe('intervals', () => {
  it('add up to what one snapshot at the end would say', async () => {
    const device = await loopDevice(machine);
    try {
      let made = 0;
      const traced = await traceMany(machine, ['-D', '--interval', '0.05'], async () => {
        made = await io(machine, device.path, 'write', { count: 2000, threads: 4 });
        await idle(machine, device.name);
      });
      expectAllBut(traced.summary.missed, counted(traced, { disk: device.name }), made);
      expect(counted(traced)).toBe(traced.summary.reported);
      const numbers = traced.histograms.map(({ seq = 0 }) => seq);
      expect(new Set(numbers)).toEqual(
        new Set(Array.from({ length: Math.max(...numbers) }, (_, i) => i + 1)),
      );
    } finally {
      await device.remove();
    }
  });
});
