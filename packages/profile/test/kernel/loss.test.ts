import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  compileWorkload,
  machineAt,
  records,
  runLibrary,
  type Started,
  type SummaryRecord,
  summaryOf,
  toolsInOneProcess,
  unexplained,
} from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildBpf } from '../../../../scripts/build-bpf.mjs';
import { bin, directory, workload } from '../fixtures/bin.js';

const machine = toolsInOneProcess(await machineAt(inject('guest')));
let spinner: Started;
let out: string;

beforeAll(async () => {
  out = mkdtempSync(path.join(tmpdir(), 'profile-'));
  spinner = machine.start([compileWorkload(workload('shares')), '2']);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  rmSync(out, { recursive: true });
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

  it('breaks the equation when its count is left out', async () => {
    buildBpf({ directory, out, defines: ['OMIT_LOSS=LOSS_map_full'] });
    const objectFile = path.join(out, process.arch, 'profile.bpf.o');
    await machine.copyIn(objectFile);
    const { stdout, stderr } = await runLibrary(
      machine,
      { module: path.join(directory, 'dist/profile.js'), name: 'profile' },
      { frequency: 499, duration: 1, pid: [spinner.pid], hashStorageSize: 1 },
      { objectFile },
    );
    expect(stderr).toBe('');
    const summary = summaryOf(records(stdout));
    expect(summary.events).toBeGreaterThan(0);
    expect(unexplained(summary)).toBeGreaterThan(0);
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
