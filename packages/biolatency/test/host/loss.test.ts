import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { biolatency } from '@probekit/biolatency';
import type { Summary } from '@probekit/core';
import { host } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBpf } from '../../../../scripts/build-bpf.mjs';
import { directory } from '../fixtures/bin.js';
import { loopDevice, type TestDevice } from '../fixtures/device.js';
import { io } from '../fixtures/run.js';

let device: TestDevice;
beforeAll(async () => {
  device = await loopDevice(host);
});
afterAll(() => device.remove());

/** The summary of 20 000 reads by 16 threads, with room for one. */
async function overflow(objectFile?: string): Promise<Summary> {
  const stop = new AbortController();
  const run = biolatency(
    { disk: device.name, startStorageSize: 1 },
    { signal: stop.signal, ...(objectFile ? { objectFile } : {}) },
  );
  let summary: Summary | undefined;
  for await (const report of run) {
    if (report.type === 'meta') {
      void io(host, device.path, 'read', { count: 1250, threads: 16 }).then(() => stop.abort());
    } else if (report.type === 'summary') summary = report;
  }
  if (!summary) throw new Error('no summary');
  return summary;
}

function unexplained({ events, reported, belowThreshold, inFlight, lost }: Summary): number {
  const losses = Object.values(lost).reduce((a, b) => a + b);
  return events - reported - belowThreshold - inFlight - losses;
}

describe('a map of starts that is full', () => {
  it('is counted, event by event', async () => {
    const summary = await overflow();
    expect(summary.events).toBe(20_000);
    expect(summary.lost.map_full).toBeGreaterThan(0);
    expect(unexplained(summary)).toBe(0);
  });

  it('breaks the equation when its count is left out', async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'biolatency-'));
    buildBpf({ directory, out, defines: ['OMIT_LOSS=LOSS_map_full'] });
    const summary = await overflow(path.join(out, process.arch, 'biolatency.bpf.o'));
    expect(summary.events).toBe(20_000);
    expect(unexplained(summary)).toBeGreaterThan(0);
  });
});
