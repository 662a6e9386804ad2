import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Report, StackCount, Summary } from '@probekit/core';
import { compileWorkload, host } from '@probekit/core/testing';
import { profile } from '@probekit/profile';
import { beforeAll, describe, expect, it } from 'vitest';

const HZ = 499;
const SECONDS = 10;
const FUNCTIONS = ['spin_half', 'spin_third', 'spin_rest'];

const program = compileWorkload(fileURLToPath(new URL('../workloads/shares.c', import.meta.url)));

/** CPU time of each function between two marks, in ns, by the program's own clocks. */
async function whileSpinning(body: (pid: number) => Promise<void>): Promise<number[]> {
  const spinner = host.start([program, String(availableParallelism())]);
  try {
    await spinner.waitFor(/spinning/);
    const mark = async (n: number) => {
      spinner.signal('SIGUSR1');
      const [line] = await spinner.waitFor(new RegExp(`(mark [\\d ]+\\n){${n}}`));
      return (line.trim().split('\n').at(-1) as string).split(' ').slice(1).map(Number);
    };
    const before = await mark(1);
    await body(spinner.pid);
    const after = await mark(2);
    return after.map((ns, i) => ns - (before[i] as number));
  } finally {
    spinner.signal('SIGKILL');
    await spinner.done;
  }
}

async function collect(
  run: AsyncIterable<Report>,
): Promise<{ entries: StackCount[]; summary: Summary }> {
  const entries: StackCount[] = [];
  let summary: Summary | undefined;
  for await (const report of run) {
    if (report.type === 'stacks') entries.push(...report.entries);
    if (report.type === 'summary') summary = report;
  }
  if (!summary) throw new Error('no summary');
  return { entries, summary };
}

describe('shares of a program that knows its own', () => {
  let spent: number[] = [];
  let result: Awaited<ReturnType<typeof collect>>;

  beforeAll(async () => {
    spent = await whileSpinning(async (pid) => {
      result = await collect(profile({ frequency: HZ, duration: SECONDS, pid: [pid] }));
    });
  });

  it('is within the sampling bound of what the program measured', () => {
    const counts = FUNCTIONS.map((name) =>
      result.entries
        .filter(({ user }) => Array.isArray(user) && user.some((frame) => frame.name === name))
        .reduce((sum, { count }) => sum + count, 0),
    );
    const n = counts.reduce((a, b) => a + b);
    const total = spent.reduce((a, b) => a + b);
    expect(n).toBeGreaterThanOrEqual(4000);
    FUNCTIONS.forEach((name, i) => {
      const p = (spent[i] as number) / total;
      const bound = 4 * Math.sqrt((p * (1 - p)) / n);
      expect(
        Math.abs((counts[i] as number) / n - p),
        `${name}: ${counts[i]} of ${n}, truth ${p}`,
      ).toBeLessThan(bound);
    });
  });

  it('samples the CPU time that the threads themselves measured', () => {
    const { events, missed } = result.summary;
    const expected = (spent.reduce((a, b) => a + b) / 1e9) * HZ;
    expect(events + (missed ?? 0)).toBeGreaterThan(expected * 0.98);
    expect(events).toBeLessThan(expected * 1.02);
  });

  it('accounts for every event', () => {
    const { events, reported, belowThreshold, inFlight, lost } = result.summary;
    const losses = Object.values(lost).reduce((a, b) => a + b);
    expect(events).toBe(reported + belowThreshold + inFlight + losses);
    expect(losses).toBe(0);
  });
});

describe('the number of samples with idle CPUs included', () => {
  it('is Hz x CPUs x seconds, and what the perf events say', async () => {
    const { summary } = await collect(profile({ frequency: 99, duration: 5, idle: true }));
    const expected = 99 * availableParallelism() * 5;
    const { runs, expected_runs: perfEvents } = summary.quality as Record<string, number>;
    expect(summary.events).toBe(runs);
    expect((runs as number) + (summary.missed ?? 0)).toBe(perfEvents);
    expect(Math.abs((perfEvents as number) - expected)).toBeLessThan(expected * 0.02);
    expect(Math.abs(summary.events - expected)).toBeLessThan(expected * 0.02);
  });
});
