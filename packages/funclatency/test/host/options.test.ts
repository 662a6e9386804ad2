import { host, records } from '@probekit/core/testing';
import { describe, expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';
import { counted, expectBetween, functions, of, trace, traceProcess } from '../fixtures/run.js';

/** What the tool prints of a mode of the workload. */
async function printed(options: readonly string[], mode: readonly string[]): Promise<string> {
  const tool = host.start([...bin, ...options], { input: '' });
  await tool.waitFor(/Hit Ctrl-C to end/);
  await host.run([functions, ...mode], { input: '\n' });
  tool.signal('SIGINT');
  const { code, stdout, stderr } = await tool.done;
  expect(code, stderr).toBe(0);
  return stdout;
}

describe('text', () => {
  it("is BCC's, with the average, total and count", async () => {
    const text = await printed(['-m', of('nap')], ['nap', '3', '33']);
    expect(text).toMatch(
      /^\n {5}msecs {15}: count {5}distribution\n {9}0 -> 1 {10}: 0 {8}\| {40}\|\n/,
    );
    expect(text).toMatch(/\n {8}32 -> 63 {9}: \d {8}\|[* ]{40}\|\n/);
    const counts = [...text.matchAll(/^ *\d+ -> \d+ +: (\d+) +\|[* ]{40}\|$/gm)];
    expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(3);
    const [, average, total] =
      /\n\navg = (\d+) msecs, total: (\d+) msecs, count: 3\n/.exec(text) ?? [];
    // A busy machine wakes it later.
    expect(Number(total)).toBeGreaterThanOrEqual(99);
    expect(Number(average)).toBe(Math.floor(Number(total) / 3));
  });

  it('-F names the function and the process', async () => {
    expect(await printed(['-F', of('nap')], ['nap', '1', '1'])).toMatch(
      /^\n\nFunction = nap \[\d+\]\n {5}nsecs /,
    );
  });

  it('-T prints the time above each interval', async () => {
    const text = await printed(['-T', '-i', '0.2', of('nap')], ['nap', '30', '10']);
    expect(text.match(/^\d\d:\d\d:\d\d$/gm)?.length).toBeGreaterThan(1);
  });
});

it('intervals add up to all calls', async () => {
  const traced = await trace(host, [of('nap'), '-i', '0.05'], ['nap', 100, 2]);
  expect(counted(traced).count).toBe(100);
  expect(traced.histograms.length).toBeGreaterThan(3);
});

it('--sample times one call of N, and the total stands for all', async () => {
  const traced = await trace(host, [of('spin'), '--sample', '10'], ['spin', 20_000, 1]);
  const { count } = counted(traced);
  // Binomial: 2000, of a standard deviation of 42.
  expect(Math.abs(count - 2000)).toBeLessThan(6 * 42);
  expect(traced.summary.events).toBe(count);
  expect(traced.summary.quality.calls).toBe(20_000);
  expect(traced.summary.unmatched_ends).toBe(0);
  expect(traced.histograms[0]?.one_of).toBe(10);
  const text = await printed([of('spin'), '--sample', '10'], ['spin', '5000', '1']);
  expect(text).toMatch(/count: \d+0\n/);
});

it.each([
  ['empty', of('empty')],
  ['getppid', 'sys_getppid'],
])('says what the probes add to %s, which --calibrate subtracts', async (mode, pattern) => {
  const costs: number[] = [];
  const median = async (...options: string[]) => {
    const words = [pattern, '--percentiles', ...options];
    const { summary, stderr, histograms } = await traceProcess(host, words, [mode, 5000]);
    const { probe_cost_ns: cost, probe_cost_subtracted: isSubtracted } = summary.quality;
    const [, said, how] = /; probes add (\d+) ns to a call(, subtracted)?\)/.exec(stderr) ?? [];
    expect(Number(said)).toBe(cost);
    expect(how !== undefined).toBe(isSubtracted);
    expect(isSubtracted).toBe(options.length > 0);
    costs.push(Number(cost));
    return histograms[0]?.percentiles?.p50 ?? 0;
  };
  // The machine is slower at times, and never faster than it is.
  const [plain, less]: number[][] = [[], []];
  for (let round = 0; round < 3; round++) {
    plain?.push(await median());
    less?.push(await median('--calibrate'));
  }
  const best = (values: readonly number[] = []) => Math.min(...values);
  expectBetween(best(costs), 0.4 * best(plain), 2 * best(plain));
  expect(best(less)).toBeLessThan(0.6 * best(plain));
});

it('--csv prints a slot a line', async () => {
  const text = await printed(['--csv', '-F', of('nap')], ['nap', '2', '1']);
  const [head, line] = text.trim().split('\n');
  expect(head).toContain('function,module,pid,level');
  expect(line).toContain('nap');
});

it('--explain judges the plans with and without a pattern', async () => {
  for (const words of [[], [of('nap')], ['sys_read']]) {
    const { code, stdout } = await host.run([...bin, '--explain', '--json', ...words]);
    expect(code).toBe(0);
    const [{ plans }] = records(stdout) as [{ plans: { name: string; taken: boolean }[] }];
    const taken = plans.find((plan) => plan.taken)?.name;
    expect(taken).toBe(words[0] === of('nap') ? 'uprobe_session' : 'tp_btf');
  }
});
