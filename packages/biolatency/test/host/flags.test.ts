import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { biolatency } from '@probekit/biolatency';
import { host } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildBpf } from '../../../../scripts/build-bpf.mjs';
import { directory } from '../fixtures/bin.js';
import { loopDevice, type TestDevice } from '../fixtures/device.js';
import { io } from '../fixtures/run.js';

let device: TestDevice;
beforeAll(async () => {
  device = await loopDevice(host);
});
afterAll(() => device.remove());

/** The names under which 20 direct writes and 10 reads are counted. */
async function names(objectFile?: string): Promise<Set<string | undefined>> {
  const stop = new AbortController();
  const run = biolatency(
    { flags: true, disk: device.name },
    { signal: stop.signal, ...(objectFile ? { objectFile } : {}) },
  );
  const found = new Set<string | undefined>();
  for await (const report of run) {
    if (report.type === 'meta') {
      void io(host, device.path, 'write', { count: 20 })
        .then(() => io(host, device.path, 'read', { count: 10 }))
        .then(() => stop.abort());
    } else if (report.type === 'histogram') found.add(report.labels.flags);
  }
  return found;
}

it('names flags the same where a kernel has them at other bits', async () => {
  const out = mkdtempSync(path.join(tmpdir(), 'biolatency-'));
  buildBpf({ directory, out, defines: ['FLAGS_MOVED=1'] });
  const here = await names();
  expect(here).toContain('Idle-Sync-Write');
  expect(here).toContain('Sync-Read');
  expect(await names(path.join(out, process.arch, 'biolatency.bpf.o'))).toEqual(here);
});
