import { machineAt, sh } from '@probekit/core/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);

beforeEach(({ skip }) => skip(guest === null, 'this kernel has no device whose delay is known'));

describe('a device that takes 50 ms', () => {
  const name = `ext4slower-${process.pid}`;
  const directory = `/dev/shm/${name}`;
  /** In a guest alone. */
  const inGuest = (script: string) => async () => {
    if (guest) await sh(machine, script, directory, name);
  };
  beforeAll(
    inGuest(
      `{ modprobe loop; modprobe ext4; modprobe dm-delay; } 2>/dev/null || true
      fallocate -l 64M "$1.image" && mke2fs -q -t ext4 -E lazy_itable_init=0 -O ^has_journal "$1.image"
      d=$(losetup -f --show "$1.image"); echo $d > "$1.loop"
      printf '0 131072 delay %s 0 50\\n' $d | dmsetup create --noudevsync "$2"
      test -b "/dev/mapper/$2" || dmsetup mknodes "$2"
      mkdir "$1" && mount -t ext4 "/dev/mapper/$2" "$1"`,
    ),
  );
  afterAll(
    inGuest(
      'umount "$1" && dmsetup remove --noudevsync "$2" && losetup -d $(cat "$1.loop"); rm -r "$1" "$1.image" "$1.loop"',
    ),
  );

  /** dm-delay's timer is of jiffies, of 4 ms here, of which the first is nearly over at worst. */
  const LEAST_MS = 50 - 4;

  /**
   * What the program waited for by its own clock, operation by operation, is the truth: emulation makes 50 ms longer, for
   * both. No row is longer; the nearest is of all but what a system call takes there.
   */
  function expectWaited(
    rows: readonly { readonly latency_ms: number }[],
    tookMs: readonly number[],
  ) {
    expect(rows).toHaveLength(tookMs.length);
    const gaps = rows.map(({ latency_ms }, i) => (tookMs[i] ?? 0) - latency_ms);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    expect(Math.min(...gaps)).toBeLessThan(2);
    for (const { latency_ms } of rows) expect(latency_ms).toBeGreaterThan(LEAST_MS);
  }

  it('delays what reaches it, and nothing else', async () => {
    const { rows, made } = await trace(machine, [directory, 'device'], ['0']);
    expect(rows.map(({ op }) => op).join('')).toMatch(/^OWSRO(RW){5}$/);
    const [opened, written, sync, read, again, ...direct] = rows;
    // Data, then the inode.
    expect(sync?.latency_ms).toBeGreaterThan(LEAST_MS);
    for (const fast of [opened, written, read, again]) {
      expect(fast?.latency_ms).toBeLessThan(Math.min(LEAST_MS, sync?.latency_ms ?? 0));
    }
    expectWaited(direct, made.tookMs);
  });

  it('delays AIO, whose calls return at once', async () => {
    const options = [String(LEAST_MS), '--ops', 'R,W'];
    const ways = ['aio', 'uring', 'aio', 'uring', 'aio', 'uring'];
    const { rows, made } = await trace(machine, [directory, 1, ...ways], options, {
      program: 'async',
    });
    expectWaited(rows, made.tookMs);
  });
});
