import { machineAt, sh, toolsInOneProcess } from '@probekit/core/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { counted, io, type Traced, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));

const NO_KNOWN_LATENCY = 'this kernel has no device whose latency is known (null_blk, dm-delay)';
/** In a guest alone. */
const inGuest = (script: string) => async () => {
  if (guest) await sh(machine, script);
};

beforeEach(({ skip }) => skip(guest === null, NO_KNOWN_LATENCY));

describe('a device that takes 5 ms', () => {
  // One request at a time: others wait with the scheduler.
  beforeAll(
    inGuest(
      `modprobe null_blk nr_devices=1 irqmode=2 completion_nsec=5000000 gb=1 hw_queue_depth=1
      modprobe mq-deadline 2>/dev/null || true; echo mq-deadline > /sys/block/nullb0/queue/scheduler`,
    ),
  );
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

  it('shows the same in milliseconds, and that one of two readers waits for the other', async () => {
    const traced = await trace(machine, ['-d', 'nullb0', '-m', '--split'], () =>
      io(machine, '/dev/nullb0', 'read', { count: 50, threads: 2 }),
    );
    const slotsOf = (stage: string) =>
      traced.histograms.find(({ labels }) => labels.stage === stage)?.slots ?? [];
    const most = slotsOf('device').reduce((a, b) => (a.count > b.count ? a : b));
    expect(most).toMatchObject({ from: 4, to: 7 });
    // For what is left of its time when the next request comes.
    const waited = slotsOf('queue').filter(({ from }) => from >= 2);
    expect(waited.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(50);
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

  it('delays the requests of a loop device on it as much', async () => {
    const loop = await sh(machine, 'losetup -f --show --direct-io=on /dev/mapper/half');
    try {
      const traced = await trace(machine, ['-d', loop.replace('/dev/', ''), '--percentiles'], () =>
        sh(
          machine,
          `for skip in 0 ${(HALF * 512) / 4096}; do
            dd if=$1 of=/dev/null bs=4k count=25 skip=$skip iflag=direct 2>/dev/null; done`,
          loop,
        ),
      );
      const { slots = [], percentiles } = traced.histograms[0] ?? {};
      const number = (all: typeof slots) => all.reduce((sum, { count }) => sum + count, 0);
      expect(number(slots)).toBe(50);
      expect(number(slots.filter(({ to }) => to < 10_000))).toBeGreaterThan(12);
      expect(number(slots.filter(({ to }) => to >= 16_000 * (1 - 1 / 32)))).toBeGreaterThanOrEqual(
        25,
      );
      expect(percentiles?.p90).toBeLessThan(40_000);
    } finally {
      await sh(machine, 'losetup -d "$1"', loop);
    }
  });
});
