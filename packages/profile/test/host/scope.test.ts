import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { compileWorkload, eventually, host, records, type Started } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';

const program = compileWorkload(workload('shares'));
const started: Started[] = [];

/** A program that spins, on so many threads, started by the words of another. */
async function spin(threads = '1', ...before: string[]): Promise<number> {
  const spinner = host.start([...before, program, threads]);
  started.push(spinner);
  await spinner.waitFor(/spinning/);
  return spinner.pid;
}

async function stopAll(): Promise<void> {
  const spinners = started.splice(0);
  for (const spinner of spinners) spinner.signal('SIGKILL');
  await Promise.all(spinners.map(({ done }) => done));
}

/** The processes that a run saw. */
async function seen(...options: string[]): Promise<Set<number>> {
  const { code, stdout, stderr } = await host.run([...bin, '-F', '499', '--json', ...options]);
  expect(code, stderr).toBe(0);
  return pids(stdout);
}

function pids(json: string): Set<number> {
  const stacks = records(json).filter(({ type }) => type === 'stack');
  return new Set(stacks.map(({ pid }) => Number(pid)));
}

describe('-p', () => {
  let three: number[];

  beforeAll(async () => {
    three = [await spin(), await spin(), await spin()];
  });

  afterAll(stopAll);

  it('takes several processes, with commas or again', async () => {
    const [first = 0, second = 0, third = 0] = three;
    expect(await seen('-p', `${first},${third}`, '1')).toEqual(new Set([first, third]));
    expect(await seen('-p', `${first}`, '-p', `${second}`, '1')).toEqual(new Set([first, second]));
  });

  it('is all processes when left out', async () => {
    const all = await seen('1');
    for (const pid of three) expect(all).toContain(pid);
  });

  it('says so when nothing of them ran', async () => {
    const pid = await spin();
    process.kill(pid, 'SIGSTOP');
    const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
    await eventually('a stopped process', () => state() === 'T');
    const { code, stdout, stderr } = await host.run([...bin, '-p', `${pid}`, '1']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(`profile: no sample of pid ${pid}: nothing ran on a CPU; --off-cpu`);
  });
});

describe('-L', () => {
  afterAll(stopAll);

  it('takes threads, and none of the others of their process', async () => {
    const pid = await spin('3');
    const [, first = 0, second = 0] = readdirSync(`/proc/${pid}/task`).map(Number);
    const { code, stdout, stderr } = await host.run([
      ...[...bin, '-F', '499', '--json', '-L', `${first},${second}`, '1'],
    ]);
    expect(code, stderr).toBe(0);
    const stacks = records(stdout).filter(({ type }) => type === 'stack');
    expect(new Set(stacks.map(({ pid }) => pid))).toEqual(new Set([pid]));
    expect(new Set(stacks.map(({ tid }) => tid))).toEqual(new Set([first, second]));
  });
});

describe('-C', () => {
  afterAll(stopAll);

  it('samples one CPU, and nothing of another', async () => {
    const pid = await spin('1', 'taskset', '-c', '0');
    const online = readFileSync('/sys/devices/system/cpu/online', 'utf8').trim();
    expect(online, 'this test needs two CPUs').toMatch(/^0[-,]/);
    expect(await seen('-C', '0', '1')).toContain(pid);
    expect(await seen('-C', '1', '1')).not.toContain(pid);
    expect(await seen('-C', '0,1', '-p', String(pid), '1')).toEqual(new Set([pid]));
  });
});

describe('--cgroup', () => {
  const [, mounted = ''] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8')) ?? [];
  const cgroup = path.join(mounted, `profile-test-${process.pid}`);
  const below = path.join(cgroup, 'below');
  const enter = (group: string) => ['sh', '-c', `echo $$ > ${group}/cgroup.procs; exec "$@"`, 'sh'];
  let inside: number;
  let deeper: number;

  beforeAll(async () => {
    expect(mounted).not.toBe('');
    mkdirSync(below, { recursive: true });
    await spin();
    inside = await spin('1', ...enter(cgroup));
    deeper = await spin('1', ...enter(below));
  });

  afterAll(async () => {
    await stopAll();
    for (const group of [below, cgroup]) {
      const empty = () => readFileSync(path.join(group, 'cgroup.procs'), 'utf8') === '';
      await eventually(`an empty cgroup ${group}`, empty);
      rmdirSync(group);
    }
  });

  it('is that cgroup and those below it', async () => {
    expect(await seen('--cgroup', cgroup, '1')).toEqual(new Set([inside, deeper]));
    expect(await seen('--cgroup', below, '1')).toEqual(new Set([deeper]));
  });

  it('stands in the header', async () => {
    const { stderr } = await host.run([...bin, '--cgroup', below, '1']);
    expect(stderr).toContain(
      `of all threads in cgroup ${below} by user + kernel stack for 1 secs.`,
    );
  });

  it('goes together with -p', async () => {
    expect(await seen('--cgroup', cgroup, '-p', `${deeper}`, '1')).toEqual(new Set([deeper]));
  });

  it('has to be there', async () => {
    const missing = path.join(cgroup, 'missing');
    expect(await host.run([...bin, '--cgroup', missing, '1'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `profile: no cgroup "${missing}" under ${mounted}\n`,
    });
    expect(await host.run([...bin, '--cgroup', '/tmp', '1'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `profile: "/tmp" is not in a cgroup v2 hierarchy; they are under ${mounted}\n`,
    });
  });
});

describe('a PID namespace', () => {
  beforeAll(() => spin());

  afterAll(stopAll);

  /** Runs a shell script as process 1 of a new one; "$@" is the tool. */
  function within(script: string): ReturnType<typeof host.run> {
    const shell = ['sh', '-c', `${program} > /dev/null & spinner=$!; ${script}`, 'sh'];
    const unshare = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
    return host.run([...unshare, ...shell, ...bin, '-F', '499', '--json']);
  }

  it('has its own pids, which -p takes', async () => {
    const { stdout, stderr } = await within('"$@" -p $spinner 1; echo $spinner >&2; kill $spinner');
    const spinner = Number(/^(\d+)$/m.exec(stderr)?.[1]);
    expect(spinner).toBeLessThan(100);
    expect(pids(stdout)).toEqual(new Set([spinner]));
    const names = records(stdout).flatMap(({ user }) => user ?? []);
    expect(names).toContain('spin_half');
  });

  it('sees processes outside of it as 0', async () => {
    const { stdout, stderr } = await within('"$@" 1; echo $spinner >&2; kill $spinner');
    const all = pids(stdout);
    expect(all).toContain(Number(/^(\d+)$/m.exec(stderr)?.[1]));
    expect(all).toContain(0);
    for (const pid of all) expect(pid).toBeLessThan(100);
  });
});
