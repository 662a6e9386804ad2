import { machineAt, records, summaryOf, unexplained } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

const machine = await machineAt(inject('guest'));

// No machine of ours has counters for the other plan, cpu-cycles.
it.for(['profile', 'profile --plan cpu-clock'])(
  '%s takes the plan of the matrix, and its account adds up',
  async (row, { task }) => {
    const how = row.split(' ').slice(1);
    const spinner = machine.start(['sh', '-c', 'echo spinning; while :; do :; done']);
    await spinner.waitFor(/spinning/);
    const { code, stdout, stderr } = await machine.run([...bin, ...how, '-F', '99', '--json', '1']);
    spinner.signal('SIGKILL');
    await spinner.done;
    expect(code, stderr).toBe(0);
    const printed = records(stdout);
    const summary = summaryOf(printed);
    expect(summary.events).toBeGreaterThan(0);
    expect(unexplained(summary)).toBe(0);
    task.meta.plans = { [row]: (printed[0] as { plan: string }).plan };
  },
);
