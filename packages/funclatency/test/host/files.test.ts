import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileWorkload, host } from '@probekit/core/testing';
import { afterAll, expect, it } from 'vitest';
import { bin, directory as tool, workload } from '../fixtures/bin.js';
import { counted, expectTruth, functions, of, trace, traceProcess } from '../fixtures/run.js';

const directory = mkdtempSync(path.join(tmpdir(), 'funclatency-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('a stripped program has the symbols of its debug file', async () => {
  const program = path.join(directory, 'stripped');
  copyFileSync(functions, program);
  execFileSync('objcopy', ['--only-keep-debug', program, `${program}.debug`]);
  execFileSync('strip', ['--strip-all', program]);
  const alone = await host.run([...bin, of('nap', program)]);
  expect(alone.code).toBe(1);
  expect(alone.stderr).toMatch(/has no function "nap": absent or inlined/);
  execFileSync('objcopy', [`--add-gnu-debuglink=${program}.debug`, program], { cwd: directory });
  const traced = await trace(host, [of('nap', program), '-F'], ['nap', 3, 20], [program]);
  expectTruth(host, traced, 'nap');
});

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
  expectTruth(host, traced, 'nap');
});

it('a function by two names is one', async () => {
  // malloc and __libc_malloc, where libc has both.
  const traced = await traceProcess(host, ['c:*getppid', '-F'], ['getppid', 1]);
  expect(traced.histograms.filter(({ count }) => count > 1)).toEqual([]);
});
