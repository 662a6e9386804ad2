import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Summary } from '@probekit/core';
import { compileWorkload, host, type Started } from '@probekit/core/testing';
import { profile } from '@probekit/profile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBpf } from '../../../../scripts/build-bpf.mjs';

const directory = fileURLToPath(new URL('../..', import.meta.url));
const program = compileWorkload(path.join(directory, 'test/workloads/shares.c'));

let spinner: Started;

beforeAll(async () => {
  spinner = host.start([program, '2']);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  spinner.signal('SIGKILL');
  await spinner.done;
});

/** The summary of a second of two threads that spin, with room for one combination of thread and stacks. */
async function overflow(objectFile?: string): Promise<Summary> {
  const run = profile(
    { frequency: 499, duration: 1, pid: [spinner.pid], hashStorageSize: 1 },
    objectFile === undefined ? {} : { objectFile },
  );
  let summary: Summary | undefined;
  for await (const report of run) if (report.type === 'summary') summary = report;
  if (!summary) throw new Error('no summary');
  return summary;
}

function unexplained({ events, reported, belowThreshold, inFlight, lost }: Summary): number {
  const losses = Object.values(lost).reduce((a, b) => a + b);
  return events - reported - belowThreshold - inFlight - losses;
}

describe('a map of samples that is full', () => {
  it('is counted, event by event', async () => {
    const summary = await overflow();
    expect(summary.lost.map_full).toBeGreaterThan(0);
    expect(unexplained(summary)).toBe(0);
  });

  it('breaks the equation when its count is left out', async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'profile-'));
    buildBpf({ directory, out, defines: ['OMIT_LOSS=LOSS_map_full'] });
    const summary = await overflow(path.join(out, process.arch, 'profile.bpf.o'));
    expect(summary.events).toBeGreaterThan(0);
    expect(unexplained(summary)).toBeGreaterThan(0);
  });
});

describe('a map of stacks that is full', () => {
  it('shows the sample without its stack', async () => {
    let missed = 0;
    let summary: Summary | undefined;
    for await (const report of profile({
      frequency: 499,
      duration: 1,
      pid: [spinner.pid],
      stackStorageSize: 1,
    })) {
      if (report.type === 'stacks') {
        missed = report.entries
          .filter(({ user }) => user === 'missed')
          .reduce((sum, { count }) => sum + count, 0);
      } else if (report.type === 'summary') summary = report;
    }
    expect(missed).toBeGreaterThan(0);
    expect(summary?.quality.missed_user_stacks).toBe(missed);
    expect(summary && unexplained(summary)).toBe(0);
  });
});
