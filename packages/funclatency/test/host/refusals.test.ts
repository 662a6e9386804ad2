import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { host } from '@probekit/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';
import { functions } from '../fixtures/run.js';

const directory = mkdtempSync(path.join(tmpdir(), 'funclatency-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A program of Go's own linker. */
function goProgram(): string {
  const source = path.join(directory, 'main.go');
  const program = path.join(directory, 'go-program');
  writeFileSync(source, 'package main\n\nfunc main() { println("hello") }\n');
  const env = { ...process.env, GO111MODULE: 'off', GOCACHE: path.join(directory, 'cache') };
  execFileSync('go', ['build', '-ldflags=-s -w', '-o', program, source], { env });
  return program;
}

/** A library that has another name for its own setjmp(). */
function aliased(): string {
  const file = path.join(directory, 'libaliased.so');
  const input = 'int setjmp(void) { return 0; } int kept(void) __attribute__((alias("setjmp")));';
  execFileSync('gcc', ['-shared', '-nostdlib', '-x', 'c', '-', '-o', file], { input });
  return file;
}

/** Another machine's: the program's own header says so. */
function program32(): string {
  const file = path.join(directory, 'program32.o');
  execFileSync('gcc', ['-m32', '-c', '-x', 'c', '-', '-o', file], { input: 'void f(void) {}' });
  return file;
}

const misuses: readonly [
  name: string,
  words: () => readonly string[],
  code: number,
  line: RegExp,
][] = [
  ['no pattern', () => [], 2, /^funclatency: which function\? such as sys_read, /],
  ['an IFUNC', () => ['c:memcpy'], 1, /^funclatency: memcpy of \S+ is an IFUNC: /],
  ['a function that never returns', () => ['c:abort'], 1, /: abort of \S+ never returns: /],
  ['a function that returns twice', () => ['c:_setjmp'], 1, /keeps its return address: a return/],
  ['another name of one', () => [`${aliased()}:kept`], 1, /kept of \S+ keeps its return address/],
  ['a glob of another name of one', () => [`${aliased()}:k*`], 1, /no function of \S+ matches "k/],
  ['the start of a program', () => [`${functions}:_start`], 1, /_start of \S+ never returns/],
  ['a Go program', () => [`${goProgram()}:*`], 3, /is a Go program: its runtime moves stacks/],
  ['a 32-bit program', () => [`${program32()}:f`], 3, /is for 32-bit programs, which cannot be/],
  [
    'a user function that is not there',
    () => ['c:getadrinfo'],
    1,
    /^funclatency: \S+ has no function "getadrinfo": absent or inlined; there are getaddrinfo/,
  ],
  [
    'a kernel function that is not there',
    () => ['vfs_reaad'],
    1,
    /^funclatency: the kernel has no function "vfs_reaad": absent or inlined; there are vfs_read/,
  ],
  ['a system call that is not there', () => ['sys_raed'], 1, /; there are sys_read/],
  [
    'a program whose name a directory of libraries has too',
    () => ['gcc:nothing_like_it'],
    1,
    /gcc\S* has no function "nothing_like_it"/,
  ],
  ['no such library', () => ['nolib:f'], 1, /: no library or program "nolib": /],
  ['no such file', () => ['/no/file:f'], 1, /^funclatency: no file \/no\/file$/],
  ['no such process', () => ['c:malloc', '-p', '4194304'], 1, /: no process 4194304; /],
  ['a program without a process', () => [':main'], 2, /^funclatency: ":function" needs -p/],
  ['what is no program', () => ['/etc/passwd:f'], 1, /cannot read \/etc\/passwd: it is no ELF/],
  ['a pattern that matches nothing', () => ['c:nothing_*'], 1, /no function of \S+ matches "noth/],
  ['a pattern that matches too much', () => ['c:*'], 1, /more than 1000; narrow it, or raise --li/],
  ['-u with -m', () => ['-um', 'read'], 2, /--microseconds and --milliseconds exclude each other$/],
  [
    'a kernel function without kprobes or fentry',
    () => ['vfs_read'],
    3,
    /^funclatency: cannot run here: kprobe: ENODEV: /,
  ],
  [
    'a plan for something else',
    () => ['c:malloc', '--plan', 'fentry'],
    3,
    /^funclatency: cannot run here: fentry: it is for kernel functions$/,
  ],
];

describe.each(misuses)('%s', (_, words, code, line) => {
  it('is one line that names the way out', async () => {
    const finished = await host.run([...bin, ...words()]);
    expect(finished.stderr.trimEnd()).toMatch(line);
    expect(finished.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(finished.code).toBe(code);
  });
});
