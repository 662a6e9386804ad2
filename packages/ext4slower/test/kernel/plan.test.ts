import { machineAt } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';
import { counted, expected, operation, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));
let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(machine);
});
afterAll(() => on.remove());

/** Those that this machine has, best first. */
const PLANS = machine.name === 'host' ? ['syscalls'] : ['fentry', 'kprobe', 'syscalls'];

const ONE = Buffer.from('/one').toString('hex');

/** Before 6.5 a splice out of a file is a read inside. */
const READS_TO_SPLICE = ['5.10', '6.1'].includes(machine.name);

it.for(PLANS)(
  '%s shows each operation that the program made, by its exact name',
  async (plan, { task }) => {
    // The best one is taken unasked.
    const asked = plan === PLANS[0] ? [] : ['--plan', plan];
    const ops = plan === 'syscalls' ? 'R,W,O,S,splice,readdir' : 'all';
    const options = ['0', ...asked, '--ops', ops, '--path', on.directory];
    const work = ['usual', 'names', 'deleted', 'others', 'mapped', 'deep', 300];
    const traced = await trace(machine, [on.directory, ...work], options);
    const { rows, made, summary } = traced;
    expect(traced.plan).toBe(plan);
    task.meta.plans = { [asked.length > 0 ? `ext4slower --plan ${plan}` : 'ext4slower']: plan };

    const truth = expected(plan, made, 'all').flatMap((one) =>
      one.op === 'splice' && one.file === ONE && READS_TO_SPLICE && plan !== 'syscalls'
        ? [{ ...one, op: 'R', offset: 0 }, one]
        : [one],
    );
    expect(truth.length).toBeGreaterThan(50);
    expect(rows.map(operation)).toEqual(truth);
    const kinds: Record<string, number> = {};
    for (const { op } of truth) kinds[op] = (kinds[op] ?? 0) + 1;
    expect(counted(traced)).toEqual(kinds);
    expect(rows.every(({ pid, tid }) => pid === made.pid && tid === pid)).toBe(true);
    expect(new Set(rows.map(({ mount }) => mount))).toEqual(new Set([on.directory]));
    expect(rows.some(({ file_truncated }) => file_truncated)).toBe(false);
    const deleted = rows.filter(({ deleted }) => deleted).map(({ op, file }) => [op, file]);
    expect(deleted).toEqual([
      ['W', '/gone'],
      ['R', '/gone'],
    ]);
    expect(summary).toMatchObject({ events: truth.length, in_flight: 0, below_threshold: 0 });
  },
);

it('kprobe counts the calls that it cannot follow, of many at once', async ({ skip }) => {
  skip(!PLANS.includes('kprobe'), 'this kernel has no kprobes');
  const options = ['0', '--plan', 'kprobe', '--ops', 'mkwrite'];
  const { rows, made, summary } = await trace(machine, [on.directory, 'frozen'], options, {
    again: 0,
  });
  const sleeping = Number(/^slept (\d+)$/m.exec(made.stdout)?.[1]);
  expect(sleeping).toBeGreaterThan(20);
  expect(summary.events).toBe(sleeping);
  // Of a thread whose end the kernel did not show it is not over.
  const open = (summary.lost.no_end ?? 0) + summary.in_flight;
  expect(open).toBeGreaterThan(0);
  expect(rows.length + open).toBe(sleeping);
  expect(new Set(rows.map(({ tid }) => tid)).size).toBe(rows.length);
  expect(rows.length).toBeGreaterThan(0);
});
