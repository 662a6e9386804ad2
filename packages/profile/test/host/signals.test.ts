import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  compileWorkload,
  eventually,
  host,
  type Started,
  startTracing,
} from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, root, workload } from '../fixtures/bin.js';
import { hasRun } from '../fixtures/has-run.js';

let spinner: Started;
let files: string;

beforeAll(async () => {
  files = mkdtempSync(path.join(tmpdir(), 'profile-'));
  spinner = host.start([compileWorkload(workload('shares'))]);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  rmSync(files, { recursive: true });
  spinner.signal('SIGKILL');
  await spinner.done;
});

const options = () => ['-F', '999', '-f', '-p', String(spinner.pid)];
const READY =
  /^Sampling at 999 Hertz of pid \d+ by user \+ kernel stack\.\.\. Hit Ctrl-C to end\.\n$/;
const STACK = /^shares;.*;spin_half 1?\d+$/m;

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', (signal) => {
  it('prints what was sampled, and ends well', async () => {
    const { command } = await startTracing(host, [...bin, ...options()]);
    await hasRun(spinner.pid, 0.2);
    command.signal(signal);
    const { code, stdout, stderr } = await command.done;
    expect(code).toBe(0);
    expect(stdout).toMatch(STACK);
    expect(said(stderr)).toMatch(READY);
  });

  it('completes the file', async () => {
    const file = path.join(files, `${signal}.svg`);
    const { command } = await startTracing(host, [...bin, ...options(), '-o', file]);
    await hasRun(spinner.pid, 0.2);
    expect(readdirSync(files)).not.toContain(path.basename(file));
    command.signal(signal);
    expect(await command.done).toMatchObject({ code: 0, stdout: '' });
    const drawn = readFileSync(file, 'utf8');
    expect(drawn).toContain('<title>spin_half');
    expect(drawn.trimEnd()).toMatch(/<\/svg>$/);
  });
});

/** Without how good the stacks are, and what was lost, which a busy machine may cause. */
function said(stderr: string): string {
  return stderr.replace(/^profile: (?:lost of|stacks:|pid) .*\n/gm, '');
}

describe('a closed standard input', () => {
  it('changes nothing', async () => {
    const shell = ['sh', '-c', 'exec "$@" <&-', 'sh'];
    const { command } = await startTracing(host, [...shell, ...bin, ...options()]);
    await hasRun(spinner.pid, 0.2);
    command.signal('SIGINT');
    const { code, stdout } = await command.done;
    expect(code).toBe(0);
    expect(stdout).toMatch(STACK);
  });
});

it.each([1, 2, 3, 4])('sent twice at once, as timeout(1) does, is one: %i', async () => {
  const { command, pid } = await startTracing(host, [...bin, ...options()]);
  await hasRun(spinner.pid, 0.2);
  await host.run(['sh', '-c', 'kill -INT $1; kill -INT $1', 'sh', String(pid)]);
  const { code, stdout } = await command.done;
  expect(code).toBe(0);
  expect(stdout).toMatch(STACK);
});

describe('a second signal', () => {
  let many: Started;

  beforeAll(async () => {
    many = host.start([compileWorkload(workload('many-stacks')), '1']);
    await many.waitFor(/spinning/);
  });

  afterAll(async () => {
    many.signal('SIGKILL');
    await many.done;
  });

  /** A run that has been told to end, and prints megabytes that nobody reads. */
  async function stuckInPrinting(): Promise<ChildProcess> {
    const [node = '', ...args] = [...bin, '-F', '4999', '-f', '-p', String(many.pid)];
    const tool = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    await once(tool.stderr, 'data');
    await hasRun(many.pid, 0.5);
    tool.kill('SIGINT');
    await once(tool.stdout, 'readable');
    return tool;
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it at once', async (signal) => {
    const tool = await stuckInPrinting();
    expect(tool.exitCode).toBeNull();
    const start = performance.now();
    const ended = once(tool, 'exit');
    // The same right behind the first is taken for its echo.
    const again = setInterval(() => tool.kill(signal), 50);
    const [code, by] = await ended;
    clearInterval(again);
    expect({ code, by }).toEqual({ code: null, by: signal });
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('an npx that is killed', () => {
  it('takes the tool with it, which prints what was sampled', async () => {
    const npx = ['npx', 'profile', ...options()];
    const { command, pid, expectNothingLeft } = await startTracing(host, npx, { cwd: root });
    expect(pid).not.toBe(command.pid);
    await hasRun(spinner.pid, 0.2);
    const start = performance.now();
    command.signal('SIGKILL');
    await eventually('the end of the tool', () => !readdirSync('/proc').includes(String(pid)));
    expect(performance.now() - start).toBeLessThan(2000);
    const { signal, stdout } = await command.done;
    expect(signal).toBe('SIGKILL');
    expect(stdout).toMatch(STACK);
    await expectNothingLeft();
  });
});
