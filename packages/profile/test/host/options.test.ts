import { readFileSync } from 'node:fs';
import {
  compileWorkload,
  type Finished,
  host,
  records,
  type Started,
} from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';

const started: Started[] = [];
let reader: Started;

/** What a JSON record of a stack holds. */
interface Stack {
  readonly user: readonly string[];
  readonly kernel: readonly string[];
  readonly truncated?: boolean;
  readonly count: number;
}

interface Summary {
  readonly events: number;
  readonly reported: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly missed: number | null;
  readonly quality: Readonly<Record<string, number>>;
  readonly programs?: Readonly<Record<string, { readonly runs: number; readonly mean_ns: number }>>;
}

async function start(name: string, ...args: string[]): Promise<Started> {
  const program = host.start([compileWorkload(workload(name), ['-fno-shrink-wrap']), ...args]);
  started.push(program);
  await program.waitFor(/reading|spinning/);
  return program;
}

beforeAll(async () => {
  reader = await start('read-zeros');
});

afterAll(async () => {
  for (const program of started) program.signal('SIGKILL');
  await Promise.all(started.map(({ done }) => done));
});

function sampled(pid: number, ...options: string[]): Promise<Finished> {
  return host.run([...bin, '-F', '499', '-p', String(pid), ...options, '0.5']);
}

async function json(pid: number, ...options: string[]) {
  const finished = await sampled(pid, '--json', ...options);
  const printed = records(finished.stdout);
  const stacks = printed.filter(({ type }) => type === 'stack') as unknown as Stack[];
  expect(stacks.length, finished.stderr).toBeGreaterThan(0);
  return { ...finished, printed, stacks, summary: printed.at(-1) as unknown as Summary };
}

describe('-U and -K', () => {
  it('without either there are both stacks', async () => {
    const { stacks } = await json(reader.pid);
    const both = stacks.filter(({ user, kernel }) => user.length > 0 && kernel.length > 0);
    expect(both.length).toBeGreaterThan(0);
  });

  it('-U leaves kernel stacks out', async () => {
    const { stacks } = await json(reader.pid, '-U');
    for (const { kernel } of stacks) expect(kernel).toEqual([]);
    expect(stacks.some(({ user }) => user.includes('read_zeros'))).toBe(true);
  });

  it('-K leaves user stacks out', async () => {
    const { stacks } = await json(reader.pid, '-K');
    for (const { user } of stacks) expect(user).toEqual([]);
    expect(stacks.some(({ kernel }) => kernel.includes('vfs_read'))).toBe(true);
  });
});

describe('formats', () => {
  it('-f is a line a stack, from the process to the leaf', async () => {
    const { stdout } = await sampled(reader.pid, '-f');
    expect(stdout).toMatch(/^read-zeros;.*main;read_zeros;.*;vfs_read;\S+ \d+$/m);
    expect(stdout).not.toMatch(/_\[k\]|;-;/);
  });

  it('-a marks kernel frames, and those alone', async () => {
    const { stdout } = await sampled(reader.pid, '-a');
    const marked = stdout.matchAll(/(?<=;)[^;]*_\[k\](?=;| \d+$)/gm);
    const kernel = new Set(Array.from(marked, ([frame]) => frame));
    expect(kernel).toContain('vfs_read_[k]');
    expect([...kernel].join()).not.toMatch(/main|read_zeros/);
    expect(stdout).not.toMatch(/vfs_read(;| )/);
  });

  it('-d parts user from kernel frames', async () => {
    const folded = (await sampled(reader.pid, '-d', '-f')).stdout;
    expect(folded).toMatch(/^read-zeros;[^-]*;read_zeros;[^-]*;-;.*vfs_read/m);
    const text = (await sampled(reader.pid, '-d')).stdout;
    expect(text).toMatch(/^ {4}vfs_read\n(?: {4}\w+\n)* {4}--\n(?: {4}\S+\n)* {4}read_zeros\n/m);
  });
});

describe('-A', () => {
  it('writes the address of each frame before its name', async () => {
    const { stdout } = await sampled(reader.pid, '-A');
    const addresses = new Map<string, bigint>();
    for (const [, address, name = ''] of stdout.matchAll(/^ {4}([0-9a-f]{16}) (\S+)$/gm)) {
      addresses.set(name, BigInt(`0x${address}`));
    }
    const symbols = readFileSync('/proc/kallsyms', 'utf8').matchAll(/^(\w+) \S (\S+)/gm);
    const starts = Array.from(symbols, ([, start, name]) => ({
      start: BigInt(`0x${start}`),
      name,
    }));
    const { start = 0n } = starts.find(({ name }) => name === 'vfs_read') ?? {};
    const after = starts.map((each) => each.start).filter((other) => other > start);
    const end = after.reduce((least, each) => (each < least ? each : least));
    const sampledAt = addresses.get('vfs_read') ?? 0n;
    expect(sampledAt >= start && sampledAt <= end, `${sampledAt}`).toBe(true);
    expect([...addresses.keys()]).toContain('read_zeros');
    expect(stdout).not.toMatch(/^ {4}vfs_read$/m);
  });
});

describe('-c', () => {
  it('samples once in so many nanoseconds of the cpu-clock', async () => {
    const { stdout, stderr } = await host.run([
      ...bin,
      '-C',
      '0',
      '-I',
      '-c',
      '2000000',
      '--json',
      '1',
    ]);
    const printed = records(stdout);
    expect(stderr).toMatch(/^Sampling at every 2000000 nanoseconds of all threads on CPU 0 by/);
    const {
      duration_s: seconds,
      quality,
      missed,
    } = printed.at(-1) as unknown as Summary & {
      readonly duration_s: number;
    };
    expect(quality.expected_runs).toBeGreaterThan(500 * seconds * 0.97);
    expect(quality.expected_runs).toBeLessThan(500 * seconds * 1.03);
    expect((quality.runs ?? 0) + (missed ?? 0)).toBe(quality.expected_runs);
    expect(missed).toBeLessThan(100);
  });
});

describe('deep stacks', () => {
  it('are whole below 127 frames', async () => {
    const { pid } = await start('deep', '100');
    const { stacks } = await json(pid, '-U');
    for (const { user, truncated } of stacks) {
      expect(truncated).toBeUndefined();
      expect(user.filter((name) => name === 'descend')).toHaveLength(100);
      expect(user).toContain('main');
    }
  });

  it('are cut at 127 frames, which is said', async () => {
    const { pid } = await start('deep', '300');
    const { stacks } = await json(pid, '-U');
    for (const { user, truncated } of stacks) {
      expect(truncated).toBe(true);
      expect(user).toEqual(Array(127).fill('descend'));
    }
  });
});

describe('-I', () => {
  it('counts every run of the program; without it, all but the idle', async () => {
    const run = async (...options: string[]) => {
      const { stdout } = await host.run([...bin, '-F', '99', '--json', ...options, '0.5']);
      return records(stdout).at(-1) as unknown as Summary;
    };
    const all = await run('-I');
    expect(all.events).toBe(all.quality.runs);
    const busy = await run();
    expect(busy.events).toBe((busy.quality.runs ?? 0) - (busy.quality.idle ?? 0));
  });
});

describe('--overhead', () => {
  it('says what the program cost', async () => {
    const { stderr, summary } = await json(reader.pid, '--overhead');
    const { runs, mean_ns: mean } = summary.programs?.sample ?? { runs: 0, mean_ns: 0 };
    expect(runs).toBe(summary.quality.runs);
    expect(mean).toBeGreaterThan(50);
    expect(mean).toBeLessThan(1_000_000);
    expect(stderr).toContain(
      `profile: program sample ran ${runs} times, ${Math.round(mean)} ns each\n`,
    );
  });
});

describe('--strict', () => {
  it('exits with 4 when samples were lost', async () => {
    const { code, stderr, summary } = await json(reader.pid, '--strict', '--hash-storage-size=1');
    expect(code).toBe(4);
    expect(summary.lost.map_full).toBeGreaterThan(0);
    expect(summary.events).toBe(summary.reported + (summary.lost.map_full ?? 0));
    expect(stderr).toMatch(
      new RegExp(`^profile: lost of \\d+ events: ${summary.lost.map_full} map_full`, 'm'),
    );
    expect((await sampled(reader.pid, '--hash-storage-size=1')).code).toBe(0);
  });

  it('exits with 4 only then', async () => {
    const { code, summary } = await json(reader.pid, '--strict');
    const lost = Object.values(summary.lost).reduce((a, b) => a + b) + (summary.missed ?? 0);
    expect(code).toBe(lost > 0 ? 4 : 0);
  });
});

describe('--explain', () => {
  it('names the plan that a run takes, and traces nothing', async () => {
    const { printed } = await json(reader.pid);
    const run = printed[0]?.plan;
    const asked = await host.run([...bin, '--explain', '--json']);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    const [explained, ...others] = records(asked.stdout) as unknown as [Explained];
    expect(others).toEqual([]);
    expect(explained).toMatchObject({ type: 'explain', tool: 'profile', kernel: host.kernel });
    expect(explained.plans.filter(({ taken }) => taken).map(({ name }) => name)).toEqual([run]);
    for (const { ok, reason } of explained.plans) expect(ok || reason).toBeTruthy();

    const { code, stdout, stderr } = await host.run([...bin, '--explain']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`profile on kernel ${host.kernel}:\n`);
    expect(stdout).toContain(`  plan ${run}: taken; capabilities: BPF, PERFMON\n`);
    expect(stdout).toMatch(/^ {2}map stacks: 16384 entries, \d+ KiB/m);
  });
});

interface Explained {
  readonly plans: readonly { name: string; ok: boolean; reason?: string; taken: boolean }[];
}
