import {
  compileWorkload,
  machineAt,
  records,
  type Started,
  type SummaryRecord,
  summaryOf,
  toolsInOneProcess,
  unexplained,
} from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';

const machine = toolsInOneProcess(await machineAt(inject('guest')));
let spinner: Started;

beforeAll(async () => {
  spinner = machine.start([compileWorkload(workload('shares')), '2']);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  spinner.signal('SIGKILL');
  await spinner.done;
});

/** The records of a second of two threads that spin. */
async function sampled(...options: string[]): Promise<Record<string, unknown>[]> {
  const only = ['-F', '499', '-p', String(spinner.pid), '--json', '1'];
  const { code, stdout, stderr } = await machine.run([...bin, ...options, ...only]);
  expect(code, stderr).toBe(0);
  return records(stdout);
}

describe('a map of samples that is full', () => {
  it('is counted, event by event', async () => {
    const summary = summaryOf(await sampled('--hash-storage-size', '1'));
    expect(summary.lost.map_full).toBeGreaterThan(0);
    expect(unexplained(summary)).toBe(0);
  });
});

describe('a map of stacks that is full', () => {
  it('shows the sample without its stack', async () => {
    const printed = await sampled('--stack-storage-size', '1');
    const missed = printed
      .filter(({ type, user }) => type === 'stack' && `${user}`.includes('[Missed User Stack]'))
      .reduce((sum, { count }) => sum + Number(count), 0);
    const summary = summaryOf(printed) as SummaryRecord & { quality: Record<string, number> };
    expect(missed).toBeGreaterThan(0);
    expect(summary.quality.missed_user_stacks).toBe(missed);
    expect(unexplained(summary)).toBe(0);
  });
});
