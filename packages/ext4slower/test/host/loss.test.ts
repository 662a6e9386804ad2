import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Summary } from '@probekit/core';
import { compileWorkload, host } from '@probekit/core/testing';
import { ext4slower } from '@probekit/ext4slower';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBpf } from '../../../../scripts/build-bpf.mjs';
import { directory, workload } from '../fixtures/bin.js';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';

const program = compileWorkload(workload('operations'));
const THREADS = 16;
const READS = 16_000;

let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(host);
});
afterAll(() => on.remove());

const CAUSES = {
  map_full: { startStorageSize: 1, ops: 'R' },
  ring_full: { ringSize: 4096, ops: 'R' },
} as const;

async function overflow(cause: keyof typeof CAUSES, objectFile?: string): Promise<Summary> {
  const work = host.start([program, on.directory, 'many', String(READS), String(THREADS)]);
  await work.waitFor(/ready/);
  const stop = new AbortController();
  const run = ext4slower(
    { pid: [work.pid], minMs: 0, ...CAUSES[cause] },
    { signal: stop.signal, ...(objectFile ? { objectFile } : {}) },
  );
  let summary: Summary | undefined;
  for await (const report of run) {
    if (report.type === 'meta') {
      work.write('\n');
      void work.done.then(() => stop.abort());
    } else if (report.type === 'summary') summary = report;
  }
  if (!summary) throw new Error('no summary');
  return summary;
}

function unexplained({ events, reported, belowThreshold, inFlight, lost }: Summary): number {
  const losses = Object.values(lost).reduce((a, b) => a + b);
  return events - reported - belowThreshold - inFlight - losses;
}

describe.each(Object.keys(CAUSES) as (keyof typeof CAUSES)[])('%s', (cause) => {
  it('is counted, operation by operation', async () => {
    const summary = await overflow(cause);
    expect(summary.events).toBe(READS);
    expect(summary.lost[cause]).toBeGreaterThan(0);
    expect(unexplained(summary)).toBe(0);
  });

  it('breaks the equation when its count is left out', async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'ext4slower-'));
    buildBpf({ directory, out, defines: [`OMIT_LOSS=LOSS_${cause}`] });
    const summary = await overflow(cause, path.join(out, process.arch, 'ext4slower.bpf.o'));
    expect(unexplained(summary)).toBeGreaterThan(0);
  });
});
