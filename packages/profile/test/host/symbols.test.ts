import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileWorkload, host, records, type Started, summaryOf } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';

const directory = mkdtempSync(path.join(tmpdir(), 'profile-symbols-'));
const started: Started[] = [];

interface Stack {
  readonly pid: number;
  readonly comm: string;
  readonly user: readonly string[];
  readonly count: number;
}

let stacks: Stack[];
let quality: Record<string, number>;
const pids: Record<string, number> = {};

/** Stacks of one workload, and how many samples they stand for. */
function of(belongs: (stack: Stack) => boolean) {
  const own = stacks.filter(belongs);
  const samples = (has: (stack: Stack) => boolean) =>
    own.filter(has).reduce((sum, { count }) => sum + count, 0);
  return { own, all: samples(() => true), samples };
}

function ofProcess(name: string) {
  return of(({ pid }) => pid === pids[name]);
}

async function start(name: string, command: readonly string[]): Promise<void> {
  const program = host.start(command);
  started.push(program);
  await program.waitFor(/spinning/);
  pids[name] = program.pid;
}

function at(name: string): string {
  return path.join(directory, name);
}

function hot(spin: string, ...flags: string[]): string {
  return compileWorkload(workload('hot'), [`-DSPIN=${spin}`, ...flags]);
}

/** As distributions do: the program without, and beside it what was taken out. */
function separateDebugFile(program: string): string {
  const stripped = at('stripped');
  mkdirSync(at('.debug'));
  execFileSync('objcopy', ['--only-keep-debug', program, at('.debug/stripped.debug')]);
  execFileSync('objcopy', [
    '--strip-all',
    '--remove-section=.note.gnu.build-id',
    `--add-gnu-debuglink=${at('.debug/stripped.debug')}`,
    program,
    stripped,
  ]);
  return stripped;
}

/** As Fedora does: names of what is not exported are in another ELF file, compressed, in the program. */
function miniDebugInfo(program: string, name: string): string {
  const [debug, mini, stripped] = [at('debug'), at('mini'), at('with-mini')];
  execFileSync('objcopy', ['--only-keep-debug', program, debug]);
  execFileSync('objcopy', ['--strip-all', `--keep-symbol=${name}`, debug, mini]);
  execFileSync('xz', [mini]);
  const section = `.gnu_debugdata=${mini}.xz`;
  execFileSync('objcopy', ['--strip-all', '--add-section', section, program, stripped]);
  return stripped;
}

/** Of Go's own linker, without a symbol table. */
function goProgram(name: string, mode: string): string {
  const source = at('main.go');
  writeFileSync(
    source,
    `package main

//go:noinline
func spinInGo(n *uint64) { for { *n++ } }

func main() { println("spinning"); var n uint64; spinInGo(&n) }
`,
  );
  const env = { ...process.env, GO111MODULE: 'off', GOCACHE: at('cache') };
  const build = ['build', `-buildmode=${mode}`, '-ldflags=-s -w', '-o', at(name), source];
  execFileSync('go', build, { env });
  return at(name);
}

beforeAll(async () => {
  // Built before anything spins, which would slow it down.
  const separate = separateDebugFile(hot('spin_stripped'));
  const mini = miniDebugInfo(hot('spin_mini'), 'spin_mini');
  const [go, goPie] = [goProgram('go', 'exe'), goProgram('go-pie', 'pie')];
  const fixed = (spin: string) => {
    const flags = [`-DSPIN=${spin}`, '-no-pie'];
    const program = at(spin);
    copyFileSync(compileWorkload(workload('again'), flags), program);
    return program;
  };
  await start('brief', [compileWorkload(workload('again')), 'processes']);
  await start('exec', ['setarch', '-R', fixed('spin_one'), 'programs', fixed('spin_two')]);
  copyFileSync(hot('spin_deleted'), at('deleted'));
  await start('deleted', [at('deleted')]);
  rmSync(at('deleted'));
  mkdirSync(at('inside'));
  const mount = 'mount -t tmpfs none "$1" && cp "$2" "$1/contained" && exec "$1/contained"';
  const contained = ['sh', '-c', mount, 'sh', at('inside'), hot('spin_contained')];
  // Its pid is that of unshare's only child.
  await start('unshare', ['unshare', '--mount', '--pid', '--fork', '--kill-child', ...contained]);
  await start('clock', [hot('spin', '-DCLOCK')]);
  await start('separate', [separate]);
  await start('mini', [mini]);
  await start('go', [go]);
  await start('go-pie', [goPie]);
  const { code, stdout, stderr } = await host.run([
    ...bin,
    '-F',
    '499',
    '-U',
    '--inline',
    '--json',
    '8',
  ]);
  expect(code, stderr).toBe(0);
  const printed = records(stdout);
  stacks = printed.filter(({ type }) => type === 'stack') as unknown as Stack[];
  quality = (summaryOf(printed) as unknown as { quality: Record<string, number> }).quality;
}, 180_000);

afterAll(async () => {
  for (const program of started) program.signal('SIGKILL');
  await Promise.all(started.map(({ done }) => done));
  rmSync(directory, { recursive: true });
});

/** Of the samples of a workload, those that show its function; the rest is what it takes to start, and the kernel. */
const MOST = 0.9;

describe('of processes that live 50 ms', () => {
  it('nearly all are caught, and what is not is counted', () => {
    const { own, all, samples } = of(({ comm }) => comm === 'exe' || comm === 'brief');
    expect(all).toBeGreaterThan(50);
    expect(new Set(own.map(({ pid }) => pid)).size).toBeGreaterThan(5);
    const named = samples(({ user }) => user.includes('spin_briefly'));
    expect(named, JSON.stringify(own)).toBeGreaterThan(all * MOST);
    expect(quality.images).toBeGreaterThan(10);
    const unnamed = samples(({ user }) => user.every((name) => name === '[unknown]'));
    expect(quality.gone_samples).toBeLessThanOrEqual(all + unnamed);
  });

  it('and become another program at the same addresses, none has a name of the other', () => {
    const { all, samples } = ofProcess('exec');
    expect(all).toBeGreaterThan(50);
    for (const [comm, other] of [
      ['spin_one', 'spin_two'],
      ['spin_two', 'spin_one'],
    ] as const) {
      const own = (stack: Stack) => stack.comm === comm;
      expect(samples(own)).toBeGreaterThan(20);
      expect(samples((stack) => own(stack) && stack.user.includes(other))).toBe(0);
      expect(samples((stack) => own(stack) && stack.user.includes(comm))).toBeGreaterThan(
        samples(own) * MOST,
      );
    }
  });
});

describe('a program', () => {
  it.each([
    ['deleted', 'a file that was deleted', 'spin_deleted'],
    ['separate', 'a separate debug file', 'spin_stripped'],
    ['mini', 'its MiniDebugInfo', 'spin_mini'],
    ['go', "Go's own table", 'main.spinInGo'],
    ['go-pie', "Go's own table, wherever it lies", 'main.spinInGo'],
  ])('%s has its names from %s', (name, _, spin) => {
    const { own, all, samples } = ofProcess(name);
    expect(all).toBeGreaterThan(50);
    const named = samples(({ user }) => user.includes(spin));
    expect(named, JSON.stringify(own)).toBeGreaterThan(all * MOST);
  });

  it('has its names in a mount and a PID namespace of its own', () => {
    const { own, all, samples } = of(({ comm }) => comm === 'contained');
    expect(all).toBeGreaterThan(50);
    const named = samples(({ user }) => user.includes('spin_contained'));
    expect(named, JSON.stringify(own)).toBeGreaterThan(all * MOST);
  });

  it('shows what was inlined, where it is asked for', () => {
    const { all, samples } = ofProcess('deleted');
    const both = ({ user }: Stack) => {
      const spin = user.indexOf('spin_deleted');
      return spin >= 0 && user[spin + 1] === 'inlined';
    };
    expect(samples(both)).toBeGreaterThan(all * MOST);
  });

  it('that reads the clock is in the vDSO', () => {
    const { own, all, samples } = ofProcess('clock');
    expect(all).toBeGreaterThan(50);
    const named = samples(({ user }) => `${user.at(-1)}`.endsWith('clock_gettime'));
    const inside = samples(
      ({ user }) =>
        `${user.at(-1)}`.startsWith('__vdso_') || `${user.at(-1)}`.startsWith('__kernel_'),
    );
    expect(named, JSON.stringify(own)).toBeGreaterThan(all * 0.5);
    expect(inside).toBeGreaterThan(0);
  });
});
