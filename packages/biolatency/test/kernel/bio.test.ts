import { machineAt } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ended, sh } from '../fixtures/device.js';
import { counted, io, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));

describe('bios of a device that makes no requests', () => {
  beforeAll(() =>
    sh(machine, 'modprobe zram 2>/dev/null || true; echo 64M > /sys/block/zram0/disksize'),
  );
  afterAll(async () => void (await sh(machine, 'echo 1 > /sys/block/zram0/reset')));

  it.each(['tp_btf', 'raw_tp'])('%s counts what was made', async (plan) => {
    let [reads, writes] = [0, 0];
    const options = ['--bio', '--plan', plan, '-D', '-F', '--size'];
    const traced = await trace(machine, options, async () => {
      const before = await ended(machine, 'zram0');
      await io(machine, '/dev/zram0', 'write', { count: 300, threads: 2 });
      await io(machine, '/dev/zram0', 'read', { count: 300, threads: 2 });
      const after = await ended(machine, 'zram0');
      [reads, writes] = [after.reads - before.reads, after.writes - before.writes];
    });
    expect(reads).toBeGreaterThanOrEqual(600);
    expect(counted(traced, { disk: 'zram0', flags: /Read$/ })).toBe(reads);
    expect(counted(traced, { disk: 'zram0', flags: /Write$/ })).toBe(writes);
    expect(traced.summary.lost.no_end).toBe(0);
  });

  it('are refused as requests, and requests as bios', async () => {
    const run = (...options: string[]) => trace(machine, options, async () => {});
    await expect(run('-d', 'zram0')).rejects.toThrow(
      /zram0 makes no requests of its bios: add --bio/,
    );
    await expect(run('-d', 'loop0', '--bio')).rejects.toThrow(/makes requests of its bios: leave/);
  });
});
