import { onlineCpus } from '@probekit/core';
import { host, records, summaryOf, unexplained } from '@probekit/core/testing';
import { describe, expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';
import { traceWaits, waited } from '../fixtures/waits.js';

/** Two programs that share a CPU: each is off it for half of the time, and waits for nothing. */
async function preempted(...options: string[]) {
  const spin = ['taskset', '-c', '0', 'sh', '-c', 'echo spinning; while :; do :; done'];
  const spinners = [host.start(spin), host.start(spin)];
  try {
    for (const spinner of spinners) await spinner.waitFor(/spinning/);
    const only = ['--off-cpu', '-p', spinners.map(({ pid }) => pid).join(), '--json', '1'];
    const { code, stdout, stderr } = await host.run([...bin, ...only, ...options]);
    expect(code, stderr).toBe(0);
    return summaryOf(records(stdout)) as ReturnType<typeof summaryOf> & {
      quality: Record<string, number>;
    };
  } finally {
    for (const spinner of spinners) spinner.signal('SIGKILL');
    await Promise.all(spinners.map(({ done }) => done));
  }
}

describe('what could have run', () => {
  it('is not blocked', async () => {
    const { quality, duration_s: seconds } = await preempted();
    expect(quality.blocked_us).toBeLessThan(seconds * 0.05e6);
  });

  it('is off the CPU all the same', async () => {
    const summary = await preempted('--state', 'R');
    expect(unexplained(summary)).toBe(0);
    // The two of them together: one is always off it.
    expect(summary.quality.off_cpu_us).toBeGreaterThan(summary.duration_s * 0.5e6);
    expect(summary.quality.off_cpu_us).toBeLessThan(summary.duration_s * 2e6);
  });
});

describe('a wait', () => {
  it('counts from --min-block on, and up to --max-block', async () => {
    // Those of read() and of the lock are as long as those of the sleeper.
    const long = await traceWaits(host, ['--min-block', '1000000']);
    expect(long.summary.reported).toBe(0);
    expect(long.summary.below_threshold).toBeGreaterThanOrEqual(30);
    expect(unexplained(long.summary)).toBe(0);
    expect(long.header).toContain('Tracing time blocked (us) from 1000000 us of pid ');
    // A sleep takes as long as it is to, or longer.
    const short = await traceWaits(host, ['--max-block', '19000']);
    expect(waited(short.stacks)[0]).toBe(0);
    expect(short.summary.below_threshold).toBeGreaterThanOrEqual(10);
    expect(unexplained(short.summary)).toBe(0);
  });

  it('that there was no room for is lost, one by one', async () => {
    const { summary } = await traceWaits(host, ['--hash-storage-size', '1']);
    expect(summary.lost.map_full).toBeGreaterThan(10);
    expect(unexplained(summary)).toBe(0);
  });

  it('ends with its thread, where its return was not seen', async () => {
    const cpu = String(onlineCpus().at(-1));
    const script = 'echo sleeping; while :; do sleep 0.02; done';
    const sleepers = host.start(['taskset', '-c', cpu, 'sh', '-c', script]);
    try {
      await sleepers.waitFor(/sleeping/);
      const { stdout } = await host.run([...bin, '--off-cpu', '-U', '--json', '2']);
      expect(unexplained(summaryOf(records(stdout)))).toBe(0);
      const slept = records(stdout).filter(({ comm }) => comm === 'sleep');
      expect(slept.length).toBeGreaterThan(0);
    } finally {
      sleepers.signal('SIGKILL');
      await sleepers.done;
    }
  });

  it('that began before is an end without a start', async () => {
    // On a CPU whose idle task runs programs; some kernels have secondary ones that do not.
    const script = 'echo waiting; read line; echo read; read line';
    const sleeper = host.start(['taskset', '-c', '0', 'sh', '-c', script]);
    await sleeper.waitFor(/waiting/);
    const tool = host.start([...bin, '--off-cpu', '-p', String(sleeper.pid), '--json']);
    await tool.waitFor(/Hit Ctrl-C/);
    sleeper.write('\n');
    await sleeper.waitFor(/read/);
    tool.signal('SIGINT');
    const { stdout } = await tool.done;
    sleeper.signal('SIGKILL');
    await sleeper.done;
    const summary = summaryOf(records(stdout)) as ReturnType<typeof summaryOf> & {
      unmatched_ends: number;
    };
    expect(summary.unmatched_ends).toBe(1);
    expect(unexplained(summary)).toBe(0);
  });
});
