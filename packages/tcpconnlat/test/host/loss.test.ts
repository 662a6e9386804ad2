import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Summary } from '@probekit/core';
import { compileWorkload, host, unhidden } from '@probekit/core/testing';
import { tcpconnlat } from '@probekit/tcpconnlat';
import { describe, expect, it } from 'vitest';
import { buildBpf } from '../../../../scripts/build-bpf.mjs';
import { directory, workload } from '../fixtures/bin.js';
import { TCP_EVENTS } from '../fixtures/run.js';

const program = compileWorkload(workload('connections'));
const COUNT = 20_000;

const CAUSES = {
  map_full: { connectionStorageSize: 1 },
  ring_full: { ringSize: 4096 },
} as const;

/** The summary of a flood of COUNT connections, with room for few. */
async function overflow(
  cause: keyof typeof CAUSES,
  passive: boolean,
  objectFile?: string,
): Promise<Summary> {
  const inside = ['unshare', '-n', 'sh', '-ec', 'ip link set lo up; exec "$@"', 'sh'];
  const work = host.start([...inside, program, `many,${COUNT},16`]);
  await work.waitFor(/ready/);
  const stop = new AbortController();
  const run = tcpconnlat(
    { pid: [work.pid], passive, ...CAUSES[cause] },
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

const CASES = (Object.keys(CAUSES) as (keyof typeof CAUSES)[]).flatMap((cause) => [
  { cause, passive: false },
  { cause, passive: true },
]);

describe.each(CASES)('$cause, passive: $passive', ({ cause, passive }) => {
  it('is counted, connection by connection', async () => {
    const summary = await unhidden(host, TCP_EVENTS, () => overflow(cause, passive));
    expect(summary.events).toBe(COUNT);
    expect(summary.lost[cause]).toBeGreaterThan(0);
    expect(unexplained(summary)).toBe(0);
  });

  it('breaks the equation when its count is left out', async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'tcpconnlat-'));
    buildBpf({ directory, out, defines: [`OMIT_LOSS=LOSS_${cause}`] });
    const summary = await overflow(
      cause,
      passive,
      path.join(out, process.arch, 'tcpconnlat.bpf.o'),
    );
    expect(unexplained(summary)).toBeGreaterThan(0);
  });
});
