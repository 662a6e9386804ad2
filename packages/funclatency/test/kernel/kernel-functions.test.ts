import { compileWorkload, machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { describe, expect, inject, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';
import {
  counted,
  expectBetween,
  functions,
  traceProcess,
  traceWhile,
  truthIn,
} from '../fixtures/run.js';

const machine = toolsInOneProcess(await machineAt(inject('guest')));

/** What each kernel of the matrix has, the best first; the host has neither kprobes nor fentry. */
const PLANS: Readonly<Record<string, readonly string[]>> = {
  '5.10': ['fentry', 'kprobe'],
  '6.1': ['fentry', 'kprobe'],
  '6.12': ['fentry', 'kprobe_multi'],
  '7.x': ['kprobe_session', 'fentry'],
};
const plans = PLANS[machine.name] ?? [];
/** What is said of each. */
const HEADER: Readonly<Record<string, RegExp>> = {
  kprobe_session:
    / by kprobe\.session \(64 calls in each of \d+ threads; probes add \d+ ns to a call\)/,
  fentry: / by fentry and fexit \(64 calls in each of \d+ threads; probes add \d+ ns to a call\)/,
  kprobe_multi:
    / by kprobe\.multi and kretprobe\.multi \(.*; the kernel keeps 4 returns at a time or more; /,
  kprobe:
    / by kprobe and kretprobe \(.*; the kernel keeps 2 returns of a function at a time or more; /,
};
/** A thread that wakes up preempts our program there, which does not run for it then. */
const leavesOut = (plan: string) => plan === 'fentry' && machine.name === '7.x';
const systemCalls = compileWorkload(workload('system-calls'));
const FUNCTION = 'hrtimer_nanosleep';
/** One that has a name and cannot be traced. */
const BAD = 'entry_SYSCALL_64';
/** There nobody can tell beforehand what can be traced. */
const WITHOUT_TRACEFS = [
  ...['unshare', '-m', 'sh', '-c'],
  'umount -l /sys/kernel/debug; umount -l /sys/kernel/tracing; exec "$@"',
  'sh',
];

describe.each(plans)('by %s', (plan) => {
  it('32 threads asleep at once: all, or those without an end are counted', async () => {
    const options = [FUNCTION, '--plan', plan, '-F'];
    const traced = await traceProcess(machine, options, ['nap', 3, 20, 32]);
    const { summary, stderr } = traced;
    expect(traced.plan).toBe(plan);
    expect(stderr).toMatch(HEADER[plan] ?? '');
    expect(summary.reported).toBe(counted(traced, FUNCTION).count);
    if (leavesOut(plan)) {
      // By the kernel's own count.
      expect(summary.events + (summary.missed ?? 0)).toBeGreaterThanOrEqual(96);
    } else {
      expect(summary.events).toBe(96);
    }
    if (plan === plans[0]) {
      expect(summary).toMatchObject({ reported: 96, lost: { no_end: 0 } });
      expectBetween(counted(traced).ns, 96 * 20e6, truthIn(traced, 'nap').ns);
    } else if (plan === 'kprobe') {
      expect(summary.lost.no_end).toBeGreaterThan(0);
      expect(summary.reported).toBeGreaterThan(0);
      expect(stderr).toMatch(/\d+ no_end/);
    }
  });

  if (leavesOut(plan)) return;
  it('functions that call one another are told apart, and last as long as the caller sees', async () => {
    const options = ['(hrtimer|do)_nanosleep$', '-r', '--plan', plan, '-F', '--self'];
    const traced = await traceProcess(machine, options, ['nap', 3, 33, 1]);
    const inner = counted(traced, 'do_nanosleep');
    const outer = counted(traced, FUNCTION);
    expect([inner.count, outer.count]).toEqual([3, 3]);
    expect(traced.summary).toMatchObject({ events: 6, lost: { no_end: 0 } });
    const { ns } = truthIn(traced, 'nap');
    expectBetween(inner.ns + outer.ns, 3 * 33e6, ns);
    // The one sleeps by calling the other.
    expect(outer.ns).toBeLessThanOrEqual(ns - 3 * 33e6);
  });
});

if (plans.length === 0) {
  it('are refused, by the reason of the last way to trace them', async () => {
    const { code, stderr } = await machine.run([...bin, FUNCTION]);
    expect(stderr).toMatch(/^funclatency: cannot run here: kprobe: ENODEV: /);
    expect(code).toBe(3);
  });
} else {
  it('threads that have ended keep no place, whatever they called in the end', async () => {
    // exit_files() comes after the tracepoint that says that a thread exits.
    const traced = await traceWhile(machine, ['exit_files'], async () => {
      await machine.run([systemCalls, 'clone', '50'], { input: '\n' });
      // They are freed after a grace period.
      await machine.run(['sleep', '2']);
      return {};
    });
    expect(traced.summary.events).toBeGreaterThanOrEqual(50);
    expect(traced.summary.maps.stacks?.used_max).toBeLessThan(40);
  });

  it('500 are attached and detached in a bounded time, and a bad one costs no other', async () => {
    const [plan = ''] = plans.filter((name) => name.startsWith('kprobe'));
    const alone = await machine.run([...bin, BAD]);
    expect(alone.stderr).toMatch(`funclatency: the kernel's ${BAD} cannot be traced`);
    const names = [FUNCTION, BAD, ...(await traceableNames(499))];
    const options = [`(${names.join('|')})$`, '-r', '-F', '--plan', plan];
    const begun = Date.now();
    const traced = await withShortGracePeriods(() =>
      traceProcess(machine, options, ['nap', 2, 20], [functions], WITHOUT_TRACEFS),
    );
    expect(Date.now() - begun).toBeLessThan(150_000);
    expect(traced.stderr).toMatch(/Tracing 501 functions /);
    expect(traced.notices.join()).toContain(`1 of 501 functions are not traced: ${BAD} (`);
    // An interrupt may call one of the others meanwhile.
    expect(counted(traced, FUNCTION).count).toBe(2);
    expect(traced.summary.lost.no_end).toBe(0);
  });
}

/** Names of so many functions that can be traced, each of one function. */
async function traceableNames(count: number): Promise<string[]> {
  const script = `grep -xE '(tcp|udp|ip|inet)_[a-z0-9_]+' /sys/kernel/tracing/available_filter_functions | sort | uniq -u`;
  const { stdout } = await machine.run(['sh', '-c', script]);
  return stdout.split('\n').slice(0, count);
}

/** The kernel waits one for every kprobe that is detached; an emulated one takes long. */
async function withShortGracePeriods<T>(body: () => Promise<T>): Promise<T> {
  const set = (value: number) =>
    machine.run(['sh', '-c', `echo ${value} > /sys/kernel/rcu_expedited`]);
  await set(1);
  try {
    return await body();
  } finally {
    await set(0);
  }
}
