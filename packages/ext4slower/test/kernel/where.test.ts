import { machineAt, sh, toolsInOneProcess } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';
import { expected, operation, trace } from '../fixtures/run.js';

const machine = toolsInOneProcess(await machineAt(inject('guest')));
let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(machine);
  await sh(machine, 'mkdir "$1/sub" "$1/else" "$1/upper" "$1/work" "$1/at"', on.directory);
});
afterAll(() => on.remove());

/** Mounts in a namespace of the workload's own, which goes with it. */
const inside = (script: string) => ['unshare', '-m', 'sh', '-ec', `${script}\nexec "$@"`, 'sh'];

it('names files from the root of a bind mount, in another mount namespace', async () => {
  const { directory } = on;
  const before = inside(`mount --bind ${directory}/sub ${directory}/at`);
  const traced = await trace(machine, [`${directory}/at`, 'deleted'], ['0'], { before });
  expect(traced.rows.map(operation)).toEqual(expected(traced.plan, traced.made));
  // Another's namespace goes with it, unless it is seen in time.
  for (const { mount } of traced.rows) expect([`${directory}/at`, null]).toContain(mount);
});

it('shows files of an overlay on ext4 once, or says that it does not', async () => {
  const { directory } = on;
  await sh(machine, 'modprobe overlay 2>/dev/null || true');
  const before = inside(
    `mount -t overlay -o lowerdir=${directory}/sub,upperdir=${directory}/upper,workdir=${directory}/work none ${directory}/at`,
  );
  const traced = await trace(machine, [`${directory}/at`, 'device'], ['0'], { before });
  if (traced.plan === 'syscalls') {
    expect(traced.rows).toEqual([]);
    expect(traced.notices.join()).toMatch(/overlay/);
    return;
  }
  // Where the layer lies, or, before 6.7, where the overlay is mounted.
  const shown = traced.rows.map(({ op, bytes, file }) => [op, bytes, file?.endsWith('/onto')]);
  const truth = traced.made.all.map(({ op, bytes }) => [op, bytes, true]);
  expect(shown.filter(([op]) => op !== 'O')).toEqual(truth.filter(([op]) => op !== 'O'));
});

it('shows only what is below --path, whatever name leads there', async () => {
  const { directory } = on;
  const wanted = ['0', '--path', `${directory}/sub`];
  const before = inside(`mount --bind ${directory}/sub ${directory}/at`);
  const there = await trace(machine, [`${directory}/at`, 'deleted'], wanted, { before });
  expect(there.rows.map(operation)).toEqual(expected(there.plan, there.made));
  const elsewhere = await trace(machine, [`${directory}/else`, 'deleted'], wanted);
  expect(elsewhere.rows).toEqual([]);
  expect(elsewhere.summary.events).toBe(0);
});

it('knows the file that was read from the one that has its descriptor afterwards', async () => {
  const { plan, rows, made, summary } = await trace(
    machine,
    [on.directory, 'swapped'],
    ['0', '--ops', 'R'],
  );
  expect(made.stdout).toMatch(/^swapped \d+$/m);
  const truth = expected(plan, made, 'R');
  if (plan === 'syscalls') {
    expect(rows.at(-1)).toMatchObject({ bytes: 32 << 20, file: null });
    expect(summary.quality.files_unknown).toBeGreaterThan(0);
    expect(rows).toHaveLength(truth.length);
  } else {
    expect(rows.map(operation)).toEqual(truth);
  }
});
