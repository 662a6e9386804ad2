import { machineAt, sh } from '@probekit/core/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { counted, io, type Traced, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);

const NO_KNOWN_LATENCY = 'this kernel has no device whose latency is known (null_blk, dm-delay)';
/** In a guest alone. */
const inGuest = (script: string) => async () => {
  if (guest) await sh(machine, script);
};

beforeEach(({ skip }) => skip(guest === null, NO_KNOWN_LATENCY));

describe('a device that takes 5 ms', () => {
  beforeAll(inGuest('modprobe null_blk nr_devices=1 irqmode=2 completion_nsec=5000000 gb=1'));
  afterAll(inGuest('modprobe -r null_blk'));

  it('puts each request into the slot of its latency, or of the tail that emulation adds', async () => {
    const traced = await trace(machine, ['-d', 'nullb0', '--percentiles'], () =>
      io(machine, '/dev/nullb0', 'read', { count: 100 }),
    );
    expect(counted(traced)).toBeGreaterThanOrEqual(100);
    const slots = traced.histograms[0]?.slots ?? [];
    // Nothing may be faster than the device, but for the width of a slot.
    expect(Math.min(...slots.map(({ to }) => to))).toBeGreaterThanOrEqual(5000 * (1 - 1 / 32));
    const p50 = traced.histograms[0]?.percentiles?.p50 ?? 0;
    expect(p50).toBeGreaterThan(5000 * (1 - 1 / 32));
    expect(p50).toBeLessThan(8192);
  });

  it('shows the same in milliseconds', async () => {
    const traced = await trace(machine, ['-d', 'nullb0', '-m'], () =>
      io(machine, '/dev/nullb0', 'read', { count: 100 }),
    );
    const { slots = [] } = traced.histograms[0] ?? {};
    const most = slots.reduce((a, b) => (a.count > b.count ? a : b));
    expect(most).toMatchObject({ from: 4, to: 7 });
  });
});

describe('a device-mapper target that delays its second half by 20 ms', () => {
  const HALF = 65536;
  beforeAll(
    inGuest(
      `fallocate -l 64M /dev/shm/delayed && modprobe loop && modprobe dm-delay || true
      d=$(losetup -f --show /dev/shm/delayed)
      printf '0 ${HALF} linear %s 0\\n${HALF} ${HALF} delay %s ${HALF} 20\\n' $d $d | dmsetup create --noudevsync half
      test -b /dev/mapper/half || dmsetup mknodes half`,
    ),
  );
  afterAll(inGuest('dmsetup remove --noudevsync half; losetup -D; rm /dev/shm/delayed'));

  const half = async (skip: number): Promise<Traced> =>
    trace(machine, ['--bio', '--percentiles', '-D'], () =>
      sh(
        machine,
        `dd if=/dev/mapper/half of=/dev/null bs=4k count=50 skip=${skip} iflag=direct 2>/dev/null`,
      ),
    );

  it('is fast in its first half and slow in its second, in bios', async () => {
    const fast = await half(0);
    const slow = await half((HALF * 512) / 4096);
    expect(counted(fast, { disk: 'dm-0' })).toBe(50);
    expect(counted(slow, { disk: 'dm-0' })).toBe(50);
    expect(fast.histograms[0]?.percentiles?.p50).toBeLessThan(10_000);
    // Timers of dm-delay work in jiffies of 4 ms: up to one less, up to two more, and emulation's own.
    const { slots = [] } = slow.histograms[0] ?? {};
    expect(Math.min(...slots.map(({ to }) => to))).toBeGreaterThanOrEqual(16_000 * (1 - 1 / 32));
    expect(slow.histograms[0]?.percentiles?.p50).toBeLessThan(40_000);
  });
});
