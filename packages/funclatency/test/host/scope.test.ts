import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { eventually, host } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { counted, functions, of, trace, traceProcess, traceWhile } from '../fixtures/run.js';

const [, mounted = ''] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8')) ?? [];
const cgroup = path.join(mounted, `funclatency-test-${process.pid}`);
const within = ['sh', '-c', `echo $$ > ${cgroup}/cgroup.procs; exec "$@"`, 'sh', functions];

beforeAll(() => {
  expect(mounted).not.toBe('');
  mkdirSync(cgroup);
});

afterAll(async () => {
  const empty = () => readFileSync(path.join(cgroup, 'cgroup.procs'), 'utf8') === '';
  await eventually(`an empty cgroup ${cgroup}`, empty);
  rmdirSync(cgroup);
});

it.each([of('nap'), 'sys_getppid'])('-c is that cgroup alone: %s', async (pattern) => {
  const mode = pattern === 'sys_getppid' ? ['getppid', '30'] : ['nap', '30', '1'];
  const traced = await traceWhile(host, [pattern, '-c', cgroup], async () => {
    await host.run([functions, ...mode], { input: '\n' });
    await host.run([...within, ...mode], { input: '\n' });
    return {};
  });
  expect(counted(traced).count).toBe(30);
  expect(traced.summary).toMatchObject({ events: 30, unmatched_ends: 0 });
});

it('-p is that process alone, in all its threads', async () => {
  const other = host.start([functions, 'nap', '5', '1']);
  await other.waitFor(/ready/);
  const traced = await traceProcess(host, [of('nap')], ['nap', 5, 1, 8]);
  other.write('\n');
  other.write(null);
  await other.done;
  expect(counted(traced).count).toBe(40);
});

it('without either, it is everybody', async () => {
  const traced = await trace(host, [of('nap')], ['nap', 5, 1, 2], [...within]);
  expect(counted(traced).count).toBe(10);
});
