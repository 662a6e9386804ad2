import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Summary } from '@probekit/core';
import { host } from '@probekit/core/testing';
import { funclatency } from '@probekit/funclatency';
import { describe, expect, it } from 'vitest';
import { buildBpf } from '../../../../scripts/build-bpf.mjs';
import { directory } from '../fixtures/bin.js';
import { functions, of } from '../fixtures/run.js';

async function run(
  input: Parameters<typeof funclatency>[0],
  mode: readonly string[],
  objectFile?: string,
): Promise<Summary> {
  const stop = new AbortController();
  let summary: Summary | undefined;
  for await (const report of funclatency(input, {
    signal: stop.signal,
    ...(objectFile ? { objectFile } : {}),
  })) {
    if (report.type === 'meta') {
      void host.run([functions, ...mode], { input: '\n' }).then(() => stop.abort());
    } else if (report.type === 'summary') summary = report;
  }
  if (!summary) throw new Error('no summary');
  return summary;
}

function unexplained({ events, reported, belowThreshold, inFlight, lost }: Summary): number {
  const losses = Object.values(lost).reduce((a, b) => a + b);
  return events - reported - belowThreshold - inFlight - losses;
}

const few = { pattern: of('nap'), threadStorageSize: 1 };
const napping = ['nap', '20', '2', '16'];
const deep = { pattern: of('recurse') };

describe('room for one thread', () => {
  it.each(['uprobe_session', 'uprobe_multi'])(
    'costs the calls of others, which are counted by %s',
    async (plan) => {
      const summary = await run({ ...few, plan }, napping);
      expect(summary.events).toBe(320);
      expect(summary.lost.map_full).toBeGreaterThan(0);
      // Every refused call returns, and a session does not wait for that.
      const waited = plan === 'uprobe_session' ? 0 : summary.lost.map_full;
      expect(summary.unmatchedEnds).toBe(waited);
      expect(unexplained(summary)).toBe(0);
    },
  );
});

it('calls that are open at the end are in flight', async () => {
  const work = host.start([functions, 'nap', '1', '1500', '4']);
  await work.waitFor(/ready/);
  const stop = new AbortController();
  let summary: Summary | undefined;
  for await (const report of funclatency({ pattern: of('nap') }, { signal: stop.signal })) {
    if (report.type === 'meta') {
      work.write('\n');
      setTimeout(() => stop.abort(), 700);
    } else if (report.type === 'summary') summary = report;
  }
  await work.done;
  expect(summary).toMatchObject({ events: 4, inFlight: 4, reported: 0 });
});

describe.each([
  ['map_full', few, napping],
  ['no_end', deep, ['recurse', '100']],
] as const)('an object that does not count %s', (cause, input, mode) => {
  it('breaks the equation', async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'funclatency-'));
    buildBpf({ directory, out, defines: [`OMIT_LOSS=LOSS_${cause}`] });
    const file = path.join(out, process.arch, 'funclatency.bpf.o');
    expect(unexplained(await run(input, mode, file))).toBeGreaterThan(0);
  });
});
