import { compileWorkload, machineAt } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { workload } from '../fixtures/bin.js';
import { type Filesystem, filesystem, sh } from '../fixtures/filesystem.js';
import { type Operation, operation, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));
const program = 'async';
let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(machine);
});
afterAll(() => on.remove());

/** Completions come in any order. */
const sorted = (operations: readonly Operation[]) =>
  operations.map((one) => JSON.stringify(one)).sort();

/** System calls show the descriptor of neither. */
const PLANS = machine.name === 'host' ? [] : ['fentry', 'kprobe'];
const COUNT = 96;

describe.each(PLANS)('%s', (plan) => {
  const options = ['0', '--plan', plan];

  it.each([
    ['aio', 'direct'],
    ['uring', 'direct'],
    ['uring', 'buffered'],
  ])('%s, %s: each once, from its submission to its end', async (how, cached) => {
    const command = [on.directory, how, COUNT, cached];
    const { rows, made, summary } = await trace(machine, command, options, { program });
    expect(made.all).toHaveLength(COUNT);
    expect(sorted(rows.map(operation))).toEqual(sorted(made.all));
    expect(rows.every(({ async }) => async)).toBe(true);
    expect(summary.in_flight).toBe(0);
    expect(summary.lost.async_not_timed).toBe(0);
  });

  it('shows a preadv2 that would wait as a failure of its own', async () => {
    const command = [on.directory, 'nowait', 4, 'buffered'];
    const { rows, made } = await trace(machine, command, options, { program });
    expect(rows.map(operation)).toEqual(made.all);
    expect(rows[0]?.errno).toBe('EAGAIN');
  });
});

it.runIf(machine.name === 'host')('is not shown by system calls, and that is said', async () => {
  const { rows, notices } = await trace(machine, [on.directory, 'aio', COUNT], ['0'], { program });
  expect(rows).toEqual([]);
  expect(notices.join()).toMatch(/do not show io_uring, AIO/);
});

/** The same image behind a device that takes 50 ms. */
describe.runIf(machine.name !== 'host')('a device that takes 50 ms', () => {
  const name = `ext4slower-${process.pid}`;
  const directory = `/dev/shm/${name}`;
  beforeAll(async () => {
    await sh(
      machine,
      `{ modprobe loop; modprobe ext4; modprobe dm-delay; } 2>/dev/null || true
      fallocate -l 64M "$1.image" && mke2fs -q -t ext4 -E lazy_itable_init=0 -O ^has_journal "$1.image"
      d=$(losetup -f --show "$1.image")
      printf '0 131072 delay %s 0 50\\n' $d | dmsetup create --noudevsync "$2"
      test -b "/dev/mapper/$2" || dmsetup mknodes "$2"
      mkdir "$1" && mount -t ext4 "/dev/mapper/$2" "$1"; echo $d > "$1.loop"`,
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
    // Once before, so that directories and bitmaps are in memory.
    const file = compileWorkload(workload('operations'));
    await machine.run([file, directory, 'device'], { input: '\n' });
    await machine.run(['sync']);
    const { rows } = await trace(machine, [directory, 'device'], ['0']);
    const times = rows.map(({ op, latency_ms }) => [op, latency_ms] as const);
    expect(times.map(([op]) => op).join('')).toBe('OWSROR' + 'W');
    const [, write, sync, read, , direct] = times.map(([, ms]) => ms);
    expect(write).toBeLessThan(40);
    expect(read).toBeLessThan(40);
    expect(sync).toBeGreaterThan(45);
    expectDelayed(direct);
    const aio = await trace(machine, [directory, 'aio', 2], ['0'], { program });
    for (const { latency_ms } of aio.rows) expectDelayed(latency_ms);
  });
});
