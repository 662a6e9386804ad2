import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { eventually, host } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';
import { expected, operation, trace } from '../fixtures/run.js';

const [, mounted = ''] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8')) ?? [];
const cgroup = path.join(mounted, `ext4slower-${process.pid}`);
const below = path.join(cgroup, 'below');
const enter = (group: string) => ['sh', '-c', `echo $$ > ${group}/cgroup.procs; exec "$@"`, 'sh'];

let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(host);
  mkdirSync(below, { recursive: true });
});
afterAll(async () => {
  await on.remove();
  for (const group of [below, cgroup]) {
    const empty = () => readFileSync(path.join(group, 'cgroup.procs'), 'utf8') === '';
    await eventually(`an empty cgroup ${group}`, empty);
    rmdirSync(group);
  }
});

it.each([cgroup, below])('--cgroup shows what is done in it and below it: %s', async (group) => {
  const options = ['0', '--cgroup', cgroup];
  const traced = await trace(host, [on.directory, 'deleted'], options, { before: enter(group) });
  expect(traced.rows.map(operation)).toEqual(expected(traced.plan, traced.made));
});

it('--cgroup shows nothing of other cgroups', async () => {
  const { rows, summary } = await trace(host, [on.directory, 'deleted'], ['0', '--cgroup', cgroup]);
  expect(rows).toEqual([]);
  expect(summary.events).toBe(0);
});
