import type { Report } from '@probekit/core';
import { compileWorkload, heldBy, host, type Started } from '@probekit/core/testing';
import { profile } from '@probekit/profile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, root, workload } from '../fixtures/bin.js';
import { startTracing } from '../fixtures/tracing.js';

let spinner: Started;

beforeAll(async () => {
  spinner = host.start([compileWorkload(workload('shares'))]);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  spinner.signal('SIGKILL');
  await spinner.done;
});

const sampling = () => [...bin, '-p', String(spinner.pid)];

describe('the kernel holds what it held before', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('after %s', async (signal) => {
    const { command, expectNothingLeft } = await startTracing(sampling());
    command.signal(signal);
    await command.done;
    await expectNothingLeft();
  });

  it('after two signals', async () => {
    const { command, expectNothingLeft } = await startTracing(sampling());
    command.signal('SIGINT');
    command.signal('SIGTERM');
    await command.done;
    await expectNothingLeft();
  });

  it('after npx was killed', async () => {
    const npx = ['npx', 'profile', '-p', String(spinner.pid)];
    const { command, expectNothingLeft } = await startTracing(npx, { cwd: root });
    command.signal('SIGKILL');
    await command.done;
    await expectNothingLeft();
  });

  it('after the reader went away', async () => {
    const shell = ['bash', '-c', '"$@" | true', 'bash'];
    const { command, pid, expectNothingLeft } = await startTracing([...shell, ...sampling()]);
    process.kill(pid, 'SIGINT');
    await command.done;
    await expectNothingLeft();
  });
});

describe('a library that goes on', () => {
  const run = (options?: Parameters<typeof profile>[1]) =>
    profile({ duration: 0.1, pid: [spinner.pid] }, options);
  const stopped = AbortSignal.abort();

  const ends: [string, () => Promise<unknown>][] = [
    ['when its run is over', () => all(run())],
    ['when it leaves early', () => first(run())],
    ['when it aborts before the start', () => all(run({ signal: stopped }))],
    [
      'when the object cannot be loaded',
      () => expect(all(run({ objectFile: bin[1] as string }))).rejects.toThrow(/^open of /),
    ],
  ];

  it.each(ends)('holds nothing %s', async (_, end) => {
    const before = heldBy(process.pid);
    await end();
    expect(heldBy(process.pid)).toEqual(before);
  });

  it('holds what it traces with until it ends', async () => {
    const before = heldBy(process.pid);
    for await (const { type } of run()) {
      if (type === 'meta') expect(heldBy(process.pid).perfEvents).toBeGreaterThan(0);
    }
    expect(heldBy(process.pid)).toEqual(before);
  });
});

async function all(reports: AsyncIterable<Report>): Promise<Report[]> {
  const seen: Report[] = [];
  for await (const report of reports) seen.push(report);
  return seen;
}

async function first(reports: AsyncIterable<Report>): Promise<Report | undefined> {
  for await (const report of reports) return report;
  return undefined;
}
