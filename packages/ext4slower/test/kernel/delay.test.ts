import { machineAt, sh, toolsInOneProcess } from '@probekit/core/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Row, trace } from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));

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
  const DELAYED_MS = 50 - 4;

  const latencies = (rows: readonly Row[]) => rows.map(({ latency_ms }) => latency_ms);
  const least = (values: readonly number[]) => Math.min(...values);
  const median = (values: readonly number[]) =>
    [...values].sort((a, b) => a - b)[values.length >> 1];

  /**
   * What the program waited for by its own clock, operation by operation, is the truth: on a busy machine emulation makes
   * 50 ms longer, or shorter where jiffies lag behind, and takes its time for nothing too. No row is longer; the nearest is
   * of all but what a system call takes there.
   */
  function expectWithin(rows: readonly Row[], tookMs: readonly number[]) {
    expect(rows).toHaveLength(tookMs.length);
    const gaps = rows.map(({ latency_ms }, i) => (tookMs[i] ?? 0) - latency_ms);
    expect(least(gaps)).toBeGreaterThan(0);
    expect(least(gaps)).toBeLessThan(2);
  }

  it('delays what reaches it, and nothing else', async () => {
    const { rows, made } = await trace(machine, [directory, 'device'], ['0']);
    expect(rows.map(({ op }) => op).join('')).toBe('OWWWWWSRRRRRORWRWRWRWRW');
    expectWithin(rows, made.tookMs);
    const [opened, sync] = [rows.slice(0, 1), rows.slice(6, 7)];
    const [written, read, reopened] = [rows.slice(1, 6), rows.slice(7, 12), rows.slice(12, 13)];
    for (const fast of [[...opened, ...reopened], written, read]) {
      expect(least(latencies(fast))).toBeLessThan(DELAYED_MS / 2);
    }
    const direct = rows.slice(13);
    expectWithin(direct, made.tookMs.slice(13));
    // Data, then the inode.
    expect(median(latencies([...sync, ...direct]))).toBeGreaterThan(DELAYED_MS);
  });

  it('delays AIO, whose calls return at once', async () => {
    const ways = Array.from({ length: 5 }, () => ['aio', 'uring']).flat();
    const options = ['0', '--ops', 'R,W'];
    const command = [directory, 1, ...ways];
    const { rows, made } = await trace(machine, command, options, { program: 'async' });
    expectWithin(rows, made.tookMs);
    expect(median(latencies(rows))).toBeGreaterThan(DELAYED_MS);
  });
});
