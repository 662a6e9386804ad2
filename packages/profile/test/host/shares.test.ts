import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { StackCount, Summary } from '@probekit/core';
import { compileWorkload, host } from '@probekit/core/testing';
import { profile } from '@probekit/profile';
import { beforeAll, describe, expect, it } from 'vitest';

const HZ = 499;
const SECONDS = 10;
const FUNCTIONS = ['spin_half', 'spin_third', 'spin_rest'];

const program = compileWorkload(fileURLToPath(new URL('../workloads/shares.c', import.meta.url)));

/** What the program itself says: CPU time of each function in ns, by its threads' own clocks. */
interface Truth {
  readonly spent: readonly number[];
  readonly result: { readonly entries: StackCount[]; readonly summary: Summary };
}

/** Samples all CPUs' worth of spinning for some seconds; the program's clocks are read as tracing begins and ends. */
async function sampleSpinning(
  input: (pid: number) => Parameters<typeof profile>[0],
  seconds = SECONDS,
): Promise<Truth> {
  const spinner = host.start([program, String(availableParallelism())]);
  try {
    await spinner.waitFor(/spinning/);
    const mark = async (n: number) => {
      spinner.signal('SIGUSR1');
      const [line] = await spinner.waitFor(new RegExp(`(mark [\\d ]+\\n){${n}}`));
      return (line.trim().split('\n').at(-1) as string).split(' ').slice(1).map(Number);
    };
    const stop = new AbortController();
    const entries: StackCount[] = [];
    let before: number[] = [];
    let after: number[] = [];
    let summary: Summary | undefined;
    for await (const report of profile(input(spinner.pid), { signal: stop.signal })) {
      if (report.type === 'meta') {
        before = await mark(1);
        setTimeout(async () => {
          after = await mark(2);
          stop.abort();
        }, seconds * 1000);
      } else if (report.type === 'stacks') {
        entries.push(...report.entries);
      } else if (report.type === 'summary') summary = report;
    }
    if (!summary) throw new Error('no summary');
    const spent = after.map((ns, i) => ns - (before[i] as number));
    return { spent, result: { entries, summary } };
  } finally {
    spinner.signal('SIGKILL');
    await spinner.done;
  }
}

describe('shares of a program that knows its own', () => {
  let spent: readonly number[] = [];
  let result: Truth['result'];

  beforeAll(async () => {
    ({ spent, result } = await sampleSpinning((pid) => ({ frequency: HZ, pid: [pid] })));
  });

  it('is within the sampling bound of what the program measured', () => {
    const counts = FUNCTIONS.map((name) =>
      result.entries
        .filter(({ user }) => Array.isArray(user) && user.some((frame) => frame.name === name))
        .reduce((sum, { count }) => sum + count, 0),
    );
    const n = counts.reduce((a, b) => a + b);
    const total = spent.reduce((a, b) => a + b);
    // Fewer samples, on a busy machine, make the bound wider: below a thousand it would say little.
    expect(n).toBeGreaterThanOrEqual(1000);
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
  it('is Hz x CPUs x seconds on busy CPUs', async () => {
    const { summary } = (await sampleSpinning(() => ({ frequency: HZ, idle: true }), 4)).result;
    const expected = HZ * availableParallelism() * summary.durationS;
    expect(Math.abs(summary.events + (summary.missed ?? 0) - expected)).toBeLessThan(
      expected * 0.02,
    );
    expect(summary.missed).toBeLessThan(expected * 0.02);
  });

  it('is what the perf events themselves counted, less what is reported as missed', async () => {
    let summary: Summary | undefined;
    for await (const report of profile({ frequency: 99, duration: 3, idle: true })) {
      if (report.type === 'summary') summary = report;
    }
    if (!summary) throw new Error('no summary');
    const { events, missed, durationS, quality } = summary;
    const { runs, expected_runs: fired } = quality as Record<string, number>;
    expect(events).toBe(runs);
    expect((runs as number) + (missed as number)).toBe(fired);
    const expected = 99 * availableParallelism() * durationS;
    expect(Math.abs((fired as number) - expected)).toBeLessThan(expected * 0.02);
  });
});
