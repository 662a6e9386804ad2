import { machineAt, sh, toolsInOneProcess } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { counted, io, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));
/** The host has zram alone; the guests' kernels have brd and md, and no compressor for zram. */
const names = guest ? ['ram0', 'md5'] : ['zram0'];

/** md5: a raid0 of ram1 and ram2, read once: its first opening reads for partitions. */
const ARRAY = `modprobe brd rd_nr=3 rd_size=65536; modprobe raid0
  echo md5 > /sys/module/md_mod/parameters/new_array; cd /sys/block/md5/md
  echo none > metadata_version; echo raid0 > level; echo 2 > raid_disks; echo 65536 > chunk_size
  for i in 1 2; do
    cat /sys/block/ram$i/dev > new_dev; echo 65536 > dev-ram$i/size; echo $((i-1)) > dev-ram$i/slot; done
  echo active > array_state; cat /dev/md5 > /dev/null`;

describe('bios of a device that makes no requests', () => {
  beforeAll(() => sh(machine, guest ? ARRAY : 'echo 64M > /sys/block/zram0/disksize'));
  afterAll(async () => {
    const script = 'echo clear > /sys/block/md5/md/array_state; modprobe -r brd';
    await sh(machine, guest ? script : 'echo 1 > /sys/block/zram0/reset');
  });

  it.for(['biolatency --bio', 'biolatency --bio --plan tp_btf', 'biolatency --bio --plan raw_tp'])(
    '%s counts what was made',
    async (row, { task }) => {
      const options = [...row.split(' ').slice(1), '-D', '-F', '--size'];
      let made = 0;
      const traced = await trace(machine, options, async () => {
        for (const name of names) {
          made = await io(machine, `/dev/${name}`, 'write', { count: 300, threads: 2 });
          await io(machine, `/dev/${name}`, 'read', { count: 300, threads: 2 });
        }
      });
      for (const disk of names) {
        expect(counted(traced, { disk, flags: /Read$/ })).toBe(made);
        expect(counted(traced, { disk, flags: /Write$/ })).toBe(made);
        const own = traced.histograms.filter(({ labels }) => labels.disk === disk);
        expect(own.reduce((sum, { bytes = 0 }) => sum + bytes, 0)).toBe(2 * made * 4096);
      }
      expect(traced.summary.lost.no_end).toBe(0);
      task.meta.plans = { [row]: traced.plan };
    },
  );

  it('are refused as requests, and requests as bios', async () => {
    await sh(machine, '{ modprobe loop 2>/dev/null || true; }');
    const [name = ''] = names;
    const run = (...options: string[]) => trace(machine, options, async () => {});
    await expect(run('-d', name)).rejects.toThrow(/makes no requests of its bios: add --bio/);
    await expect(run('-d', 'loop0', '--bio')).rejects.toThrow(/makes requests of its bios: leave/);
  });
});
