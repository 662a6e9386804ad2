import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileWorkload, host } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';
import { trace } from '../fixtures/run.js';

let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(host);
});
afterAll(() => on.remove());

/** What a person sees of a workload. */
async function seen(what: readonly string[], options: readonly string[]): Promise<string> {
  const work = host.start([compileWorkload(workload('operations')), on.directory, ...what]);
  await work.waitFor(/ready/);
  const tool = host.start([...bin, '-p', String(work.pid), ...options], { input: '' });
  await tool.waitFor(/Hit Ctrl-C to end/);
  work.write('\n');
  await work.done;
  tool.signal('SIGINT');
  const { code, stdout, stderr } = await tool.done;
  expect(code, stderr).toBe(0);
  return stdout;
}

describe('text', () => {
  it("is BCC's, with histograms of all at the end", async () => {
    const lines = (await seen(['usual'], ['0'])).split('\n');
    expect(lines[0]).toBe('TIME     COMM           PID    T BYTES   OFF_KB   LAT(ms) FILENAME');
    expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d operations {5}\d+ +O 0 {7}0 +\d+\.\d\d \/plain$/);
    expect(lines[4]).toMatch(/^\d\d:\d\d:\d\d operations {5}\d+ +W 1000 {4}4 +\d+\.\d\d \/plain$/);
    expect(lines[6]).toMatch(/ S - {7}0 +\d+\.\d\d \/plain$/);
    expect(lines.find((line) => line.includes('EFBIG'))).toMatch(/ W EFBIG {3}1024 +/);
    expect(lines.filter((line) => /^op = /.test(line))).toEqual([
      'op = R',
      'op = W',
      'op = O',
      'op = S',
    ]);
  });

  it('escapes names and shortens long ones', async () => {
    const text = await seen(['names'], ['0', '--ops', 'O']);
    expect(text).toContain('/new\\x0aline\n');
    expect(text).toContain('/\\x1b[31mred\n');
    expect(text).toContain('/\\u{202e}right\n');
    expect(text).toMatch(/ \.\.\.n{93}\n/);
    expect(text).not.toMatch(/\p{Cc}(?<!\n)/u);
  });

  it('says of a deleted file that it is', async () => {
    expect(await seen(['deleted'], ['0', '--ops', 'W'])).toMatch(/ \/gone \(deleted\)\n/);
  });
});

describe('CSV', () => {
  it("has BCC's columns with -j", async () => {
    const [header, first] = (await seen(['names'], ['0', '-j'])).split('\n');
    expect(header).toBe('ENDTIME_us,TASK,PID,TYPE,BYTES,OFFSET_b,LATENCY_us,FILE');
    expect(first).toMatch(/^\d+,operations,\d+,O,,,\d+,\/new\\x0aline$/);
  });

  it('quotes names', async () => {
    const text = await seen(['names'], ['0', '-c', '--ops', 'R']);
    expect(text.split('\n')[0]).toBe(
      'time,comm,pid,tid,op,bytes,offset_bytes,latency_ms,errno,file,mount,file_base64,file_truncated,deleted,async,new_file,new_file_base64',
    );
    expect(text).toContain('"/comma,quote"""');
    expect(text.trimEnd().split('\n')).toHaveLength(11);
  });

  it('has the rows that come after the histograms of an interval', async () => {
    const options = ['0', '-c', '-i', '0.01', '--ops', 'R'];
    const lines = (await seen(['many', '20000', '1'], options)).trimEnd().split('\n');
    expect(lines[0]).toMatch(/^time,comm,/);
    expect(lines).toHaveLength(20_001);
  });

  it('has its header alone where nothing was slow', async () => {
    const text = await seen(['usual'], ['1000', '-j']);
    expect(text).toBe('ENDTIME_us,TASK,PID,TYPE,BYTES,OFFSET_b,LATENCY_us,FILE\n');
  });
});

describe('the threshold', () => {
  it('keeps fast operations out of the rows and in the histograms', async () => {
    const { rows, summary, histograms } = await trace(
      host,
      [on.directory, 'many', '1000', '1'],
      ['1000'],
    );
    expect(rows).toEqual([]);
    expect(summary.below_threshold).toBe(1002);
    expect(histograms.find(({ labels }) => labels.op === 'R')?.count).toBe(1000);
  });
});

it('reports histograms each interval, and their sum is all', async () => {
  const options = ['1000', '-i', '0.02', '--ops', 'R'];
  const { histograms } = await trace(host, [on.directory, 'many', '300000', '2'], options);
  const all = histograms.reduce((sum, { count }) => sum + count, 0);
  expect(all).toBe(300_000);
  const numbers = new Set(histograms.map(({ seq }) => seq));
  expect(numbers.size).toBeGreaterThan(2);
});

describe('wrong use', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'ext4slower-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'file');
  writeFileSync(file, '');

  it.each([
    [['--ops', 'R,close'], 2, /--ops: no operation "close"; there are all, R, W, O, S, mmap/],
    [['-j', '-c'], 2, /--csv and --bcc-csv exclude each other/],
    [['--count', '3'], 2, /--count needs an --interval/],
    [['--path', '/proc'], 1, /--path: "\/proc" is not on ext4/],
    [['--path', `${file}.no`], 1, /--path: "\S+" is not there/],
    [['1', '-m', '2'], 2, /min-ms/],
    [
      ['--ops', 'R,mmap'],
      3,
      /kprobe: ENODEV: [^.]*; syscalls: mmap is not shown; leave it out of --ops$/m,
    ],
  ])('%j', async (options, exit, message) => {
    const { code, stderr } = await host.run([...bin, '-d', '0.1', ...options]);
    expect(stderr).toMatch(message);
    expect(code).toBe(exit);
  });
});
