import { eventually, machineAt, sh, toolsInOneProcess } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { idle, loopDevice, type TestDevice } from '../fixtures/device.js';
import { counted, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));

const READS = 40;
let device: TestDevice;
beforeAll(async () => {
  device = await loopDevice(machine);
});
afterAll(() => device.remove());

/** Direct reads of 8 KiB by a process in a cgroup, or anywhere. */
function dd(cgroup?: string): Promise<string> {
  const enter = cgroup ? `echo $$ > ${cgroup}/cgroup.procs; ` : '';
  const words = `if=${device.path} of=/dev/null bs=8k count=${READS} iflag=direct`;
  return sh(machine, `${enter}exec dd ${words} 2>/dev/null`);
}

/** Makes a cgroup and one below it for the tests of a describe; `enabled`: controllers that a parent of v2 passes on. */
function withCgroups(mount: string, enabled: readonly string[]) {
  const cgroup = `${mount}/biolatency-${process.pid}`;
  const below = `${cgroup}/below`;
  const pass = (sign: string) =>
    sh(
      machine,
      `for name; do echo "${sign}$name" > ${mount}/cgroup.subtree_control; done`,
      ...enabled,
    );
  beforeAll(async () => {
    await pass('+');
    await sh(machine, 'mkdir -p "$1"', below);
  });
  afterAll(async () => {
    for (const group of [below, cgroup]) {
      const members = () => machine.read(`${group}/cgroup.procs`);
      await eventually('an empty cgroup', async () => !(await members()));
      await sh(machine, 'rmdir "$1"', group);
    }
    await pass('-');
  });
  return { cgroup, below };
}

/** The host's hierarchies are those of v1 beside v2 without controllers, the guests' is v2 alone. */
const V2 = '/sys/fs/cgroup';
const CHARGED = guest
  ? { way: 'charged', mount: V2, enabled: ['io'] }
  : { way: 'charged', mount: '/sys/fs/cgroup/blkio', enabled: [] };
const SUBMITTER = { way: 'submitter', mount: guest ? V2 : '/sys/fs/cgroup/unified', enabled: [] };

describe.each([CHARGED, SUBMITTER])('--cgroup, $way', ({ way, mount, enabled }) => {
  const { cgroup, below } = withCgroups(mount, enabled);

  it.for(['tp_btf', 'raw_tp'])(
    '%s counts its I/O and that of those below it',
    async (plan, { task }) => {
      const options = ['-c', cgroup, '-D', '--plan', plan];
      const traced = await trace(machine, options, async () => {
        await dd(cgroup);
        await dd(below);
        await dd();
      });
      expect(traced.plan).toBe(`${plan}, ${way}`);
      expect(traced.stderr).toMatch(new RegExp(`(charged to|submitted by) cgroup ${cgroup}`));
      expect(counted(traced, { disk: device.name })).toBe(2 * READS);
      task.meta.plans = { [`biolatency -c (${way}) --plan ${plan}`]: traced.plan };
    },
  );
});

describe('--slowest', () => {
  const { cgroup } = withCgroups(CHARGED.mount, CHARGED.enabled);

  it('names the cgroup that the kernel charges, as -c takes it', async () => {
    const options = ['-c', cgroup, '--slowest', '-d', device.name];
    const { events } = await trace(machine, options, () => dd(cgroup));
    expect(events).toMatchObject([{ comm: 'dd', disk: device.name, cgroup }]);
  });
});

describe('writeback', () => {
  const NO_CGROUP_WRITEBACK = 'v1 charges writeback to the root';
  const { cgroup } = guest ? withCgroups(V2, ['io', 'memory']) : { cgroup: '' };

  it('counts for the cgroup that wrote the pages, whoever syncs them', async ({ skip }) => {
    skip(guest === null, NO_CGROUP_WRITEBACK);
    const [mkfs, file] = ['mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0', '/mnt/file'];
    await sh(machine, `${mkfs} ${device.path}; mount ${device.path} /mnt`);
    try {
      const options = ['-c', cgroup, '-d', device.name, '-F', '--size'];
      const traced = await trace(machine, options, async () => {
        const words = 'if=/dev/zero bs=64k count=32';
        await sh(
          machine,
          `echo $$ > ${cgroup}/cgroup.procs; exec dd ${words} of=${file} 2>/dev/null`,
        );
        await sh(machine, 'sync "$1"', file);
        await idle(machine, device.name);
      });
      // What the file system writes of its own is charged to the root; dd has it read some.
      const written = traced.histograms.filter(({ labels }) => /Write$/.test(labels.flags ?? ''));
      const bytes = written.map((record) => record.bytes ?? 0);
      expect(bytes.reduce((a, b) => a + b, 0)).toBe(32 * 65536);
    } finally {
      await sh(machine, 'umount /mnt');
    }
  });
});
