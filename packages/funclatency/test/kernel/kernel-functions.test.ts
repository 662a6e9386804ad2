import { compileWorkload, machineAt } from '@probekit/core/testing';
import { describe, expect, inject, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';
import { counted, expectTruth, trace, traceWhile } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));

/** What each kernel of the matrix has; the host has neither kprobes nor fentry. */
const PLANS: Readonly<Record<string, readonly string[]>> = {
  host: [],
  '5.10': ['fentry', 'kprobe'],
  '6.1': ['fentry', 'kprobe'],
};
const plans = PLANS[machine.name] ?? ['fentry', 'kprobe_multi', 'kprobe'];
const systemCalls = compileWorkload(workload('system-calls'));
const FUNCTION = 'hrtimer_nanosleep';

describe.each(plans)('by %s', (plan) => {
  it('32 threads asleep at once: all, or those without an end are counted', async () => {
    const traced = await trace(machine, [FUNCTION, '--plan', plan, '-F'], ['nap', 3, 20, 32]);
    const { summary, stderr } = traced;
    expect(traced.plan).toBe(plan);
    // Whoever else sleeps meanwhile.
    expect(summary.events).toBeGreaterThanOrEqual(96);
    if (plan === 'fentry') {
      expect(counted(traced, FUNCTION).count).toBeGreaterThanOrEqual(96);
      expect(summary.lost.no_end).toBe(0);
    } else if (plan === 'kprobe') {
      expect(summary.lost.no_end).toBeGreaterThan(0);
      expect(summary.reported).toBeGreaterThan(0);
      expect(stderr).toMatch(/\d+ no_end/);
    }
  });

  it('what few threads call is what the caller sees', async () => {
    const traced = await trace(machine, [FUNCTION, '--plan', plan, '-F'], ['nap', 3, 33, 1]);
    if (traced.summary.events === 3) expectTruth(machine, traced, 'nap', FUNCTION);
    expect(counted(traced, FUNCTION).count).toBeGreaterThanOrEqual(3);
    expect(traced.summary.lost.no_end).toBe(0);
  });

  it('threads that have ended keep no place, whatever they called in the end', async () => {
    // exit_files() comes after the tracepoint that says that a thread exits.
    const traced = await traceWhile(machine, ['exit_files', '--plan', plan], async () => {
      await machine.run([systemCalls, 'clone', '50'], { input: '\n' });
      // They are freed after a grace period.
      await machine.run(['sleep', '2']);
      return {};
    });
    expect(traced.summary.events).toBeGreaterThanOrEqual(50);
    expect(traced.summary.maps.stacks?.used_max).toBeLessThan(40);
  });

  it('functions that call one another are told apart', async () => {
    const pattern = '(hrtimer|do)_nanosleep$';
    const options = [pattern, '-r', '--plan', plan, '-F', '--self'];
    const traced = await trace(machine, options, ['nap', 3, 33, 1]);
    const inner = counted(traced, 'do_nanosleep');
    const outer = counted(traced, 'hrtimer_nanosleep');
    expect(inner.count).toBeGreaterThanOrEqual(3);
    expect(outer.count).toBe(inner.count);
    // The one does nothing but call the other.
    expect(outer.ns).toBeLessThan(0.1 * inner.ns);
  });
});

if (plans.length === 0) {
  it('are refused, by the reason of the last way to trace them', async () => {
    const { code, stderr } = await machine.run([...bin, FUNCTION]);
    expect(stderr).toMatch(/^funclatency: cannot run here: kprobe needs kprobe: ENODEV: /);
    expect(code).toBe(3);
  });
} else {
  it('many are attached and detached in a bounded time, whatever is wrong with one of them', async () => {
    const many = plans.at(-2) === 'kprobe_multi' ? 'kprobe_multi' : 'kprobe';
    const options = ['(tcp|ip|udp)_', '-r', '--plan', many, '--limit', '3000'];
    const begun = Date.now();
    const traced = await trace(machine, options, ['nap', 1, 1, 1]);
    expect(Date.now() - begun).toBeLessThan(150_000);
    const [, count] = /Tracing (\d+) functions/.exec(traced.stderr) ?? [];
    expect(Number(count)).toBeGreaterThan(500);
  });
}
