import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileWorkload, host, type Started } from '@probekit/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/syscalls.cjs', import.meta.url));
const flood = compileWorkload(fileURLToPath(new URL('../workloads/flood.c', import.meta.url)));

interface Summary {
  readonly events: number;
  readonly reported: number;
  readonly below_threshold: number;
  readonly in_flight: number;
  readonly lost: Readonly<Record<string, number>>;
}

let workload: Started;
let number = '';

beforeEach(async () => {
  workload = host.start([flood]);
  number = (await workload.waitFor(/number (\d+)/))[1] as string;
});

afterEach(async () => {
  workload.signal('SIGKILL');
  await workload.done;
});

/** Traces `calls` calls; the rows printed and the summary. */
async function trace(
  calls: number,
  args: readonly string[] = [],
  stopReader = false,
): Promise<{ rows: number; summary: Summary }> {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'syscalls-')), 'out.json');
  const only = ['--json', '-o', file, '-p', String(workload.pid), '-n', number];
  const tool = host.start([process.execPath, bin, ...only, ...args]);
  await tool.waitFor(/Hit Ctrl-C to end/);
  if (stopReader) tool.signal('SIGSTOP');
  workload.write(`${calls}\n`);
  await workload.waitFor(/made/);
  if (stopReader) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    tool.signal('SIGCONT');
  }
  tool.signal('SIGINT');
  const { code, stderr } = await tool.done;
  expect(code, stderr).toBe(0);
  const lines = (await host.read(file)).trimEnd().split('\n');
  const summary = JSON.parse(lines.pop() as string) as Summary;
  return { rows: lines.filter((line) => line.startsWith('{"type":"event"')).length, summary };
}

function lost({ lost: causes }: Summary): number {
  return Object.values(causes).reduce((a, b) => a + b);
}

function unexplained({ events, reported, below_threshold, in_flight, ...rest }: Summary): number {
  return events - reported - below_threshold - in_flight - lost({ ...rest } as Summary);
}

describe('a flood of system calls', () => {
  it('is delivered whole with the default ring', async () => {
    const { rows, summary } = await trace(300_000);
    expect(rows).toBe(300_000);
    expect(summary.events).toBe(300_000);
    expect(lost(summary)).toBe(0);
  });

  it('loses some with a ring of 64 KiB, and says how many', async () => {
    const { rows, summary } = await trace(300_000, ['--ring-size', '65536']);
    expect(summary.events).toBe(300_000);
    expect(rows).toBe(summary.reported);
    expect(summary.lost.ring_full).toBeGreaterThan(0);
    expect(unexplained(summary)).toBe(0);
  });

  it('loses some when the reader stands still for 2 s, and says how many', async () => {
    const { rows, summary } = await trace(1_000_000, [], true);
    expect(summary.events).toBe(1_000_000);
    expect(rows).toBe(summary.reported);
    expect(summary.lost.ring_full).toBeGreaterThan(0);
    expect(unexplained(summary)).toBe(0);
  });
});
