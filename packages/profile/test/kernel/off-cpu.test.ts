import { machineAt, unexplained } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { traceWaits, WAITS, waited } from '../fixtures/waits.js';

const machine = await machineAt(inject('guest'));
/** A guest may stand still for some milliseconds between the program's look at the clock and the switch. */
const MOST_OFF = machine.name === 'host' ? 0.02 : 0.05;

// With the time in which a thread could have run: what is left of the clock without the CPU's.
it.for(['profile --off-cpu', 'profile --off-cpu --plan raw_tp'])(
  '%s tells how long a program waited, by the plan of the matrix',
  async (row, { task }) => {
    const how = row.split(' ').slice(2);
    const run = await traceWaits(machine, [...how, '--state', 'R,S,D'], {
      // Long ones: in emulation the scheduler's clock and the program's are a millisecond apart at a switch.
      times: 5,
      ms: 200,
    });
    const seen = waited(run.stacks);
    WAITS.forEach((name, i) => {
      const truth = run.truth[i] as number;
      const off = Math.abs((seen[i] as number) / truth - 1);
      expect(off, `${name}: ${seen[i]} us, truth ${truth}`).toBeLessThan(MOST_OFF);
    });
    expect(unexplained(run.summary)).toBe(0);
    const waits = run.stacks.reduce((sum, { count }) => sum + count, 0);
    expect(run.summary.reported).toBe(waits);
    const us = run.stacks.reduce((sum, { off_cpu_us: one }) => sum + one, 0);
    expect(run.summary.quality.off_cpu_us).toBe(us);
    // The main thread, which waits for a line that does not come.
    expect(run.summary.in_flight).toBeGreaterThan(0);
    expect(run.notices.join('\n')).toMatch(/had not come back when it ended/);
    for (const { kernel } of run.stacks)
      expect(kernel.at(-1)).toMatch(/^__sched(ule|_text_start)$/);
    task.meta.plans = { [row]: run.plan };
  },
);
