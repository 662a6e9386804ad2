import { machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { describe, expect, inject, it } from 'vitest';
import {
  counted,
  expectBetween,
  expectTruth,
  functions,
  of,
  trace,
  traceWhile,
  truthIn,
} from '../fixtures/run.js';

const machine = toolsInOneProcess(await machineAt(inject('guest')));

/** The best that each kernel has; the host has all of them. */
const PLANS: Readonly<Record<string, readonly string[]>> = {
  '5.10': ['uprobe'],
  '6.1': ['uprobe'],
  '6.12': ['uprobe_multi'],
  '7.x': ['uprobe_session'],
};
const plans = PLANS[machine.name] ?? ['uprobe_session', 'uprobe_multi', 'uprobe'];

/** How a program becomes another: by its first thread, or by one that takes its place. */
const execs = machine.name === 'host' ? ['exec', 'thread_exec'] : ['exec'];

describe.each(plans)('by %s', (plan) => {
  const run = (pattern: string, mode: readonly (string | number)[], ...options: string[]) =>
    trace(machine, [pattern, '--plan', plan, ...options], mode);

  it('nested functions each have their own time', async () => {
    const traced = await run(of('[oim]*'), ['nested', 3], '-F', '--limit', '100');
    for (const name of ['outer', 'middle', 'inner']) expectTruth(traced, name);
    expect(traced.summary.unmatched_ends).toBe(0);
  });

  it('--self leaves out what the traced functions take that a function calls', async () => {
    const traced = await run(of('(outer|middle|inner)$'), ['nested', 3], '-F', '-r', '--self');
    const names = ['outer', 'middle', 'inner'];
    for (const [i, name] of names.entries()) {
      const called = names[i + 1];
      const own = truthIn(traced, name);
      const less = called ? truthIn(traced, called) : { ns: 0, within: 0 };
      const found = counted(traced, name);
      expect(found.count).toBe(own.count);
      expectBetween(found.ns, own.within - less.ns, own.ns - less.within);
    }
  });

  it('recursion to depth 60 is exact', async () => {
    const traced = await run(of('recurse'), ['recurse', 60]);
    expect(counted(traced).count).toBe(60);
    expect(traced.summary.lost.no_end).toBe(0);
    expect(traced.summary.events).toBe(60);
  });

  it('of depth 100, 64 have a time and the others no end', async () => {
    const traced = await run(of('recurse'), ['recurse', 100]);
    expect(counted(traced).count).toBe(64);
    expect(traced.summary.lost.no_end).toBe(36);
    expect(traced.summary.quality.too_deep).toBe(36);
    expect(traced.stderr).toMatch(/36 calls were nested more than 64 deep and have no time/);
  });

  it('-l counts each level of recursion apart', async () => {
    const { histograms } = await run(of('recurse'), ['recurse', 10], '-l', '3');
    const counts = histograms.map(({ labels, count }) => [labels.level, count]);
    expect(counts).toEqual([
      ['1', 1],
      ['2', 1],
      ['3+', 8],
    ]);
  });

  it('32 threads at once are all seen to the end', async () => {
    const traced = await run(of('nap'), ['nap', 3, 33, 32], '-F');
    expectTruth(traced, 'nap');
    expect(truthIn(traced, 'nap').count).toBe(96);
  });

  it('a function that ends with a jump to another ends with it', async () => {
    const traced = await run(of('tail*'), ['tail', 4], '-F');
    expectTruth(traced, 'tail');
    expect(counted(traced, 'tail_end').count).toBe(4);
    expect(traced.summary.lost.no_end).toBe(0);
  });

  it('longjmp leaves calls without an end, and costs no other, nor room', async () => {
    const traced = await run(of('(jumps|lands)$'), ['longjmp', 2, 70], '-F', '-r');
    expectTruth(traced, 'lands');
    expect(traced.summary.lost.no_end).toBe(140);
    expect(traced.summary.quality.too_deep).toBe(0);
    expect(counted(traced, 'jumps').count).toBe(0);
  });

  it('pthread_exit leaves calls without an end', async () => {
    const { summary } = await run(of('leaves'), ['pthread_exit', 3]);
    expect(summary).toMatchObject({ events: 3, reported: 0, in_flight: 0, lost: { no_end: 3 } });
  });

  it.each(execs)('%s leaves calls without an end, though the thread goes on', async (mode) => {
    const work = machine.start([functions, mode]);
    await work.waitFor(/ready/);
    const { summary } = await traceWhile(machine, [of('executes'), '--plan', plan], async () => {
      work.write('\n');
      await work.waitFor(/executed/);
      return {};
    });
    work.write(null);
    expect((await work.done).code).toBe(0);
    expect(summary).toMatchObject({ events: 1, reported: 0, in_flight: 0, lost: { no_end: 1 } });
  });

  it('a signal handler on a stack of its own is a call within a call', async () => {
    const traced = await run(of('(in_handler|spin)$'), ['altstack', 4], '-F', '-r');
    expectTruth(traced, 'spin');
    expectTruth(traced, 'in_handler');
    expect(traced.summary.lost.no_end).toBe(0);
  });

  it('vfork within a function does not end it twice', async () => {
    const traced = await run(of('forks'), ['vfork', 3], '-F');
    expectTruth(traced, 'forks');
  });
});

it('times of 33 ms and of 3 s lie in their slots', async () => {
  const short = await trace(machine, [of('nap'), '-m'], ['nap', 2, 33]);
  expect(short.histograms[0]?.slots).toEqual([{ from: 32, to: 63, count: 2 }]);
  const long = await trace(machine, [of('nap'), '-F', '--percentiles'], ['nap', 1, 3000]);
  expectTruth(long, 'nap');
  const { ns } = truthIn(long, 'nap');
  expectBetween(counted(long).ns, 0.98 * ns, ns);
  const [slot] = long.histograms[0]?.slots ?? [];
  expectBetween(counted(long).ns, slot?.from ?? 0, slot?.to ?? 0);
});
