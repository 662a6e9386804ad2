import type { Report } from '@probekit/core';
import { compileWorkload, heldBy, host, type Started } from '@probekit/core/testing';
import { profile } from '@probekit/profile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';

let spinner: Started;

beforeAll(async () => {
  spinner = host.start([compileWorkload(workload('shares'))]);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  spinner.signal('SIGKILL');
  await spinner.done;
});

const ours = () => heldBy(host, process.pid);

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
    const before = await ours();
    await end();
    expect(await ours()).toEqual(before);
  });

  it('holds what it traces with until it ends', async () => {
    const before = await ours();
    for await (const { type } of run()) {
      if (type === 'meta') expect((await ours()).perfEvents).toBeGreaterThan(0);
    }
    expect(await ours()).toEqual(before);
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
