import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileWorkload, host } from '@probekit/core/testing';
import { afterAll, expect, it } from 'vitest';
import { parsePattern } from '../../src/pattern.js';
import { findUserFunctions } from '../../src/user-function.js';
import { bin, directory as tool, workload } from '../fixtures/bin.js';
import {
  counted,
  expectTruth,
  functions,
  of,
  trace,
  traceProcess,
  traceWhile,
} from '../fixtures/run.js';

const directory = mkdtempSync(path.join(tmpdir(), 'funclatency-'));
afterAll(() => rmSync(directory, { recursive: true }));

it.each(['debug file', 'MiniDebugInfo'])(
  'a stripped program has the symbols of its %s',
  async (kind) => {
    const program = path.join(directory, kind.replace(' ', '-'));
    const objcopy = (...options: string[]) => execFileSync('objcopy', options, { cwd: directory });
    objcopy('--only-keep-debug', functions, `${program}.debug`);
    objcopy('--strip-all', functions, program);
    const alone = await host.run([...bin, of('nap', program)]);
    expect(alone.code).toBe(1);
    expect(alone.stderr).toMatch(/has no function "nap": absent or inlined/);
    if (kind === 'MiniDebugInfo') {
      objcopy('--strip-all', '--keep-symbol=nap', `${program}.debug`, `${program}.mini`);
      execFileSync('xz', [`${program}.mini`]);
      objcopy(`--add-section=.gnu_debugdata=${program}.mini.xz`, program);
    } else {
      objcopy(`--add-gnu-debuglink=${program}.debug`, program);
    }
    const traced = await trace(host, [of('nap', program), '-F'], ['nap', 3, 20], [program]);
    expectTruth(traced, 'nap');
  },
);

it('a library seen only inside a mount namespace is found by the process, and by its short name', async () => {
  const hidden = path.join(directory, 'hidden');
  mkdirSync(hidden);
  const library = compileWorkload(path.join(tool, 'test/libraries/hidden.c'), ['-shared', '-fPIC']);
  const program = compileWorkload(workload('uses-library'), ['-ldl']);
  // Over the directory comes another file system, for the program alone.
  const inside = `${hidden}/libhidden.so.1`;
  const script = `mount -t tmpfs none "$1" && cp "$2" "$1/libhidden.so.1" && exec "$3" "$1/libhidden.so.1" 20`;
  const command = ['unshare', '-m', 'sh', '-ec', script, 'sh', hidden, library, program];
  const outside = await host.run([...bin, `${inside}:*`]);
  expect(outside.stderr).toMatch(/no file /);
  for (const name of ['hidden', 'libhidden.so.1', inside]) {
    const traced = await traceProcess(host, [`${name}:hidden_nap`, '-F'], [], command);
    expect(counted(traced, 'hidden_nap').count).toBe(20);
    expect(traced.histograms[0]?.labels.module).toBe(inside);
  }
});

it("the process's own program goes by a colon alone", async () => {
  const traced = await traceProcess(host, [':nap', '-F'], ['nap', 3, 20]);
  expectTruth(traced, 'nap');
});

it('a program and a library that are gone are those that the process still has', async () => {
  const gone = path.join(directory, 'gone');
  mkdirSync(gone);
  const library = path.join(gone, 'libgone.so.1');
  const program = path.join(gone, 'uses-library');
  const build = () => {
    const made = compileWorkload(path.join(tool, 'test/libraries/hidden.c'), ['-shared', '-fPIC']);
    copyFileSync(made, library);
    copyFileSync(compileWorkload(workload('uses-library'), ['-ldl']), program);
  };
  const remove = () => {
    for (const file of [library, program]) rmSync(file);
  };
  for (const pattern of ['gone:hidden_nap', ':main', 'gone:hidden_nap']) {
    build();
    const work = host.start([program, library, '20']);
    await work.waitFor(/ready/);
    remove();
    // In its place comes another one, as after an upgrade.
    if (pattern === ':main') copyFileSync('/bin/true', program);
    const traced = await traceWhile(host, [pattern, '-F', '-p', String(work.pid)], async () => {
      work.write('\n');
      work.write(null);
      await work.done;
      return {};
    });
    // main() began before, and returns.
    if (pattern === ':main') expect(traced.summary.events).toBe(0);
    else expect(counted(traced, 'hidden_nap').count).toBe(20);
  }
});

it('processes that run different programs are not traced as one', async () => {
  const all = [[functions], [functions], ['sleep', '60']].map((command) => host.start(command));
  const run = (pids: readonly number[]) =>
    host.run([...bin, ':main', '-d', '0.1', '-p', pids.join()]);
  const [one, same, other] = all.map(({ pid }) => pid) as [number, number, number];
  await Promise.all(all.slice(0, 2).map((work) => work.waitFor(/ready/)));
  const refused = await run([one, other]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /: processes \d+ and \d+ have different files: \S+, \S+; trace one/,
  );
  expect((await run([one, same])).code).toBe(0);
  for (const work of all) work.signal('SIGKILL');
  await Promise.all(all.map(({ done }) => done));
});

it.each(['uprobe_session', 'uprobe_multi', 'uprobe'])(
  'a program built for CET loses no call by %s, whose probes lie on the pushes',
  async (plan) => {
    const program = compileWorkload(workload('functions'), ['-fcf-protection=branch']);
    const begins = /^0*([0-9a-f]+) T recurse$/m.exec(execFileSync('nm', [program]).toString());
    const { functions: found } = findUserFunctions(parsePattern(of('recurse', program), false), {
      pids: [],
      limit: 1,
    });
    // The program's code lies in its file as in memory.
    const place = BigInt(`0x${begins?.[1]}`) + 4n;
    expect(found).toEqual([{ name: 'recurse', place, isStepped: false }]);
    const recursed = await trace(
      host,
      [of('recurse', program), '--plan', plan],
      ['recurse', 60],
      [program],
    );
    expect(counted(recursed).count).toBe(60);
    expect(recursed.summary).toMatchObject({ events: 60, lost: { no_end: 0 } });
    const nested = await trace(
      host,
      [of('(outer|middle|inner)$', program), '-rF', '--plan', plan],
      ['nested', 2],
      [program],
    );
    for (const name of ['outer', 'middle', 'inner']) expectTruth(nested, name);
  },
);

it('a function by two names is one', async () => {
  const traced = await traceProcess(host, ['c:*malloc', '-F'], ['malloc', 10]);
  const names = traced.histograms.map(({ labels }) => labels.function);
  // Not __libc_malloc, which it is too, nor another that debug symbols know.
  expect(names).toContain('malloc');
  expect(names.filter((name) => name?.includes('libc_malloc'))).toEqual([]);
  expect(counted(traced, 'malloc').count).toBeGreaterThanOrEqual(10);
});
