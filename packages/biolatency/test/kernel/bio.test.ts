import { machineAt, sh } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { counted, io, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);
/** The host has zram alone; the guests' kernels have brd, and no compressor for zram. */
const name = guest ? 'ram0' : 'zram0';

describe('bios of a device that makes no requests', () => {
  beforeAll(() =>
    sh(
      machine,
      guest ? 'modprobe brd rd_nr=1 rd_size=65536' : 'echo 64M > /sys/block/zram0/disksize',
    ),
  );
  afterAll(
    async () =>
      void (await sh(machine, guest ? 'modprobe -r brd' : 'echo 1 > /sys/block/zram0/reset')),
  );

  it.for(['biolatency --bio', 'biolatency --bio --plan tp_btf', 'biolatency --bio --plan raw_tp'])(
    '%s counts what was made',
    async (row, { task }) => {
      const options = [...row.split(' ').slice(1), '-D', '-F', '--size'];
      let made = 0;
      const traced = await trace(machine, options, async () => {
        made = await io(machine, `/dev/${name}`, 'write', { count: 300, threads: 2 });
        await io(machine, `/dev/${name}`, 'read', { count: 300, threads: 2 });
      });
      expect(counted(traced, { disk: name, flags: /Read$/ })).toBe(made);
      expect(counted(traced, { disk: name, flags: /Write$/ })).toBe(made);
      expect(traced.summary.lost.no_end).toBe(0);
      const bytes = traced.histograms.map(({ bytes = 0 }) => bytes);
      expect(bytes.reduce((a, b) => a + b)).toBe(2 * made * 4096);
      task.meta.plans = { [row]: traced.plan };
    },
  );

  it('are refused as requests, and requests as bios', async () => {
    await sh(machine, '{ modprobe loop 2>/dev/null || true; }');
    const run = (...options: string[]) => trace(machine, options, async () => {});
    await expect(run('-d', name)).rejects.toThrow(/makes no requests of its bios: add --bio/);
    await expect(run('-d', 'loop0', '--bio')).rejects.toThrow(/makes requests of its bios: leave/);
  });
});
