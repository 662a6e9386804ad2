import { machineAt } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { sh } from '../fixtures/filesystem.js';
import { trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));

describe.skipIf(machine.name === 'host')('a device that takes 50 ms', () => {
  const name = `ext4slower-${process.pid}`;
  const directory = `/dev/shm/${name}`;
  beforeAll(async () => {
    await sh(
      machine,
      `{ modprobe loop; modprobe ext4; modprobe dm-delay; } 2>/dev/null || true
      fallocate -l 64M "$1.image" && mke2fs -q -t ext4 -E lazy_itable_init=0 -O ^has_journal "$1.image"
      d=$(losetup -f --show "$1.image"); echo $d > "$1.loop"
      printf '0 131072 delay %s 0 50\\n' $d | dmsetup create --noudevsync "$2"
      test -b "/dev/mapper/$2" || dmsetup mknodes "$2"
      mkdir "$1" && mount -t ext4 "/dev/mapper/$2" "$1"`,
      directory,
      name,
    );
  });
  afterAll(async () => {
    await sh(
      machine,
      'umount "$1" && dmsetup remove --noudevsync "$2" && losetup -d $(cat "$1.loop"); rm -r "$1" "$1.image" "$1.loop"',
      directory,
      name,
    );
  });

  /** Timers of dm-delay work in jiffies of 4 ms: up to one less, up to two more, and emulation's own. */
  const expectDelayed = (ms = 0) => {
    expect(ms).toBeGreaterThan(45);
    expect(ms).toBeLessThan(100);
  };

  it('delays what reaches it, and nothing else', async () => {
    const { rows } = await trace(machine, [directory, 'device'], ['0']);
    expect(rows.map(({ op }) => op).join('')).toBe('OWSRORW');
    const [opened, , sync, read, again, directRead, directWrite] = rows.map(
      (row) => row.latency_ms,
    );
    for (const fast of [opened, read, again]) expect(fast).toBeLessThan(40);
    // Data, then the inode.
    expect(sync).toBeGreaterThan(45);
    expectDelayed(directRead);
    expectDelayed(directWrite);
  });

  it('delays AIO, whose calls return at once', async () => {
    const options = ['45', '--ops', 'R,W'];
    const { rows } = await trace(machine, [directory, 2, 'aio', 'uring'], options, {
      program: 'async',
    });
    expect(rows).toHaveLength(4);
    for (const { latency_ms } of rows) expectDelayed(latency_ms);
  });
});
