import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Report, Summary } from '@probekit/core';
import { compileWorkload, host, type Started } from '@probekit/core/testing';
import { extract } from '@probekit/flamegraph';
import { profile } from '@probekit/profile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workload } from '../fixtures/bin.js';

const directory = mkdtempSync(path.join(tmpdir(), 'profile-files-'));
const reports: Report[] = [];
const written: Record<string, Buffer> = {};
let spinner: Started;
let summary: Summary;

/** What `-o` writes of the run. */
async function write(extension: string): Promise<Buffer> {
  const { files, options } = profile.definition;
  const args = Object.fromEntries(Object.entries(options).map(([key, one]) => [key, one.default]));
  const format = files?.[extension]?.({ ...args, frequency: 499 } as never);
  if (!format) throw new Error(`-o writes no ${extension}`);
  const { renderer, convert } = format;
  const texts = reports.map((report) => {
    if (report.type === 'meta') return renderer.begin?.(report);
    if (report.type === 'summary') return renderer.end?.(report);
    return renderer.report(report);
  });
  const text = Buffer.from(texts.join(''));
  return convert ? convert(text, summary) : text;
}

beforeAll(async () => {
  spinner = host.start([compileWorkload(workload('shares')), '2']);
  await spinner.waitFor(/spinning/);
  for await (const report of profile({ frequency: 499, pid: [spinner.pid], duration: 2 })) {
    reports.push(report);
    if (report.type === 'summary') summary = report;
  }
  for (const extension of Object.keys(profile.definition.files ?? {})) {
    written[extension] = await write(extension);
  }
  spinner.signal('SIGKILL');
  await spinner.done;
});

afterAll(async () => {
  spinner?.signal('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** Of folded stacks: all, and what has a function in it, and ends in it. */
function totals(folded: string, name: string) {
  let [all, total, self] = [0, 0, 0];
  for (const line of folded.trim().split('\n')) {
    const count = Number(line.slice(line.lastIndexOf(' ') + 1));
    const frames = line.slice(0, line.lastIndexOf(' ')).split(';');
    all += count;
    if (frames.includes(name)) total += count;
    if (frames.at(-1) === name) self += count;
  }
  return { all, total, self };
}

const file = (extension: string) => written[extension] as Buffer;
const NAME = 'spin_half';

describe('files of one run', () => {
  let wanted: ReturnType<typeof totals>;
  beforeAll(() => {
    wanted = totals(file('.folded').toString(), NAME);
  });

  it('are all that there are', () => {
    expect(Object.keys(written).sort()).toEqual(['.folded', '.html', '.json', '.pb.gz', '.svg']);
    expect(wanted.all).toBe(summary.reported);
    expect(wanted.self).toBeGreaterThan(wanted.all / 4);
  });

  it.each(['.svg', '.html'])('%s holds the same stacks', async (extension) => {
    const { folded } = await extract(file(extension), extension);
    expect(totals(folded.toString(), NAME)).toEqual(wanted);
  });

  it('.json adds up to the same', () => {
    const { shared, profiles } = JSON.parse(file('.json').toString());
    const [{ samples, weights }] = profiles;
    const lines = samples.map((stack: number[], i: number) => {
      const names = stack.map((index) => shared.frames[index].name.replaceAll(';', ':'));
      return `${names.join(';')} ${weights[i]}`;
    });
    expect(totals(lines.join('\n'), NAME)).toEqual(wanted);
  });

  it('.pb.gz is read by pprof, and adds up to the same', () => {
    const place = path.join(directory, 'cpu.pb.gz');
    writeFileSync(place, file('.pb.gz'));
    const pprof = (...words: string[]) =>
      execFileSync('go', ['tool', 'pprof', ...words, place], {
        encoding: 'utf8',
        env: { ...process.env, PPROF_TMPDIR: directory, GOTOOLCHAIN: 'local', GOFLAGS: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const top = pprof('-top', '-sample_index=samples', '-nodefraction=0');
    expect(top).toMatch(/^Type: samples$/m);
    expect(top).toContain(`, 100% of ${wanted.all} total`);
    const [, self, total] = new RegExp(`^ +(\\d+) .*% +(\\d+) .*%  ${NAME}$`, 'm').exec(top) ?? [];
    expect([Number(self), Number(total)]).toEqual([wanted.self, wanted.total]);
    const [, ns] = /Total samples = (\d+)ns/.exec(pprof('-top', '-unit=ns')) ?? [];
    expect(Number(ns)).toBe(wanted.all * Math.floor(1e9 / 499));
    expect(pprof('-raw')).toMatch(/^\d+: 0x0\/0x0\/0x0 \S+\/shares [0-9a-f]{8,} /m);
  });
});
