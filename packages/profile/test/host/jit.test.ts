import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Quality, Stack, StackCount } from '@probekit/core';
import { compileWorkload, host, type Started } from '@probekit/core/testing';
import { profile } from '@probekit/profile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workload } from '../fixtures/bin.js';

const program = compileWorkload(workload('jit'), ['-static']);
const jail = mkdtempSync(path.join(tmpdir(), 'probekit-jit-'));
mkdirSync(path.join(jail, 'tmp'));

/** HOW of the workload, and what its two functions are then called. */
const CASES = {
  map: { words: [program, 'map'], hot: 'hot one\x1b[31m;`$(x)', cold: 'Interpreter' },
  contained: {
    words: ['unshare', '--pid', '--fork', '--kill-child', program, 'map', jail],
    hot: 'hot one\x1b[31m;`$(x)',
    cold: 'Interpreter',
  },
  dump: { words: [program, 'dump'], hot: 'hot two', cold: 'cold two' },
  foreign: { words: [program, 'foreign'], hot: null, cold: null },
  link: { words: [program, 'link'], hot: null, cold: null },
} as const;

type Case = keyof typeof CASES;
const cases = Object.keys(CASES) as Case[];

describe('code that was compiled at run time', () => {
  const started = new Map<Case, Started>();
  const truth = new Map<Case, { before: number[]; after: number[] }>();
  const entries: StackCount[] = [];
  const pids = new Map<Case, number>();
  let quality: Quality;

  const spent = (name: Case) => {
    const line =
      printed
        .get(name)
        ?.match(/spent \d+ \d+\n/g)
        ?.at(-1) ?? 'spent 0 0';
    return line.split(' ').slice(1).map(Number);
  };
  const printed = new Map<Case, string>();

  beforeAll(async () => {
    for (const name of cases) {
      const onOutput = (_: unknown, text: string) =>
        void printed.set(name, (printed.get(name) ?? '') + text);
      started.set(name, host.start(CASES[name].words, { onOutput }));
    }
    for (const one of started.values()) await one.waitFor(/spent/);
    for (const [name, { pid }] of started) {
      const children = await host.read(`/proc/${pid}/task/${pid}/children`);
      pids.set(name, name === 'contained' ? Number(children) : pid);
    }
    const pid = [...pids.values()];
    for await (const report of profile({ frequency: 499, duration: 5, pid })) {
      if (report.type === 'meta') {
        for (const name of cases) truth.set(name, { before: spent(name), after: [] });
      } else if (report.type === 'stacks') {
        entries.push(...report.entries);
        for (const [name, one] of truth) one.after = spent(name);
      } else if (report.type === 'quality') quality = report;
    }
  });

  afterAll(async () => {
    for (const one of started.values()) one.signal('SIGKILL');
    for (const [name, one] of started) {
      await one.done;
      const files = [`perf-${one.pid}.map`, `perf-${one.pid}.real`, `jit-${one.pid}.dump`];
      for (const file of files) rmSync(path.join(tmpdir(), file), { force: true });
      started.delete(name);
    }
    rmSync(jail, { recursive: true });
  });

  const leaf = (user: Stack) => (Array.isArray(user) ? user[0] : undefined);
  const leaves = (name: Case, wanted: string | null) =>
    entries
      .filter(({ pid, user }) => pid === pids.get(name) && leaf(user)?.name === wanted)
      .reduce((sum, { count }) => sum + count, 0);

  it.each(['map', 'contained', 'dump'] as const)('has the names that it tells by %s', (name) => {
    const { hot, cold } = CASES[name];
    const [ofHot, of] = [leaves(name, hot), leaves(name, hot) + leaves(name, cold)];
    const { before, after } = truth.get(name) as { before: number[]; after: number[] };
    const [spentHot = 0, spentCold = 0] = after.map((ns, i) => ns - (before[i] ?? 0));
    const p = spentHot / (spentHot + spentCold);
    expect(of).toBeGreaterThan(200);
    expect(Math.abs(ofHot / of - p), `${ofHot} of ${of}, truth ${p}`).toBeLessThan(
      4 * Math.sqrt((p * (1 - p)) / of),
    );
    expect(leaves(name, null)).toBe(0);
  });

  it('says of what kind it is', () => {
    const kinds = new Map(entries.map(({ user }) => [leaf(user)?.name, leaf(user)?.kind]));
    expect(kinds.get(CASES.map.hot)).toBe('jit');
    expect(kinds.get('hot two')).toBe('jit');
    expect(kinds.get('Interpreter')).toBe('interpreted');
  });

  it.each(['foreign', 'link'] as const)(
    'has no name by a file that is none of its own: %s',
    (name) => {
      const own = entries.filter(({ pid }) => pid === pids.get(name));
      const names = new Set(own.map(({ user }) => leaf(user)?.name));
      expect(leaves(name, null)).toBeGreaterThan(200);
      for (const known of ['hot one\x1b[31m;`$(x)', 'Interpreter', 'stale', 'cut']) {
        expect(names).not.toContain(known);
      }
      const found = quality.processes.find(({ pid }) => pid === pids.get(name));
      expect(found?.unresolved).toBeGreaterThan(200);
      expect(found?.remedy).toContain('/tmp/perf-PID.map');
    },
  );
});
