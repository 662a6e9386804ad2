import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  compileWorkload,
  host,
  records,
  runLibrary,
  type Started,
  summaryOf,
  unexplained,
} from '@probekit/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildBpf } from '../../../../scripts/build-bpf.mjs';
import { directory, workload } from '../fixtures/bin.js';

let spinner: Started;
let out: string;

beforeAll(async () => {
  out = mkdtempSync(path.join(tmpdir(), 'profile-'));
  spinner = host.start([compileWorkload(workload('shares')), '2']);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  rmSync(out, { recursive: true });
  spinner.signal('SIGKILL');
  await spinner.done;
});

// What test/kernel/loss.test.ts requires of every kernel, of a program that forgets to count: that can be wrong.
it('the account does not add up when the samples that found no room are not counted', async () => {
  buildBpf({ directory, out, defines: ['OMIT_LOSS=LOSS_map_full'] });
  const objectFile = path.join(out, process.arch, 'profile.bpf.o');
  const { stdout, stderr } = await runLibrary(
    host,
    { module: path.join(directory, 'dist/profile.js'), name: 'profile' },
    { frequency: 499, duration: 1, pid: [spinner.pid], hashStorageSize: 1 },
    { objectFile },
  );
  expect(stderr).toBe('');
  const summary = summaryOf(records(stdout));
  expect(summary.events).toBeGreaterThan(0);
  expect(unexplained(summary)).toBeGreaterThan(0);
});
