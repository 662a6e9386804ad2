import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../src/cli/main.js';
import { folded } from '../../../src/render/folded.js';
import { freshKernel } from '../../fixtures/current-kernel.js';
import type { FakeKernel } from '../../fixtures/fake-kernel.js';
import { framed, KEY_ZERO, statsBytes } from '../../fixtures/latency.js';
import { latencyTool } from '../../fixtures/latency-tool.js';
import { complaints } from '../../fixtures/schema.js';
import { streams } from '../../fixtures/standard-streams.js';

vi.mock('../../../src/native.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../fixtures/current-kernel.js')).mockedNative,
}));

let kernel: FakeKernel;
let directory: string;
beforeEach(() => {
  kernel = freshKernel();
  kernel.put('stats', KEY_ZERO, statsBytes({ events: 2 }));
  kernel.programs = [{ name: 'start', loaded: true, recursionMisses: 0 }];
  kernel.batches.push(framed({ pid: 7, comm: 'ba\nsh' }), framed({ pid: 8, comm: 'dd' }));
  directory = mkdtempSync(path.join(tmpdir(), 'main-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function run(...argv: string[]) {
  await main(
    latencyTool({
      files: {
        '.svg': () => ({
          renderer: folded(),
          convert: async (text) => Buffer.from(`<svg>${text}</svg>`),
        }),
      },
    }),
    argv,
  );
  return { exitCode: process.exitCode, stdout: streams.stdout.text, stderr: streams.stderr.text };
}
const records = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });

const BRIEF = ['--duration', '0.01'];
const TABLE = '    PID COMM\n      7 ba\\x0ash\n      8 dd\n';
const READY = 'Tracing sleeps through tp_btf for 0.01 s... Hit Ctrl-C to end.\n';

describe('a tool as a command', () => {
  it('prints results on standard output, all else on standard error', async () => {
    expect(await run(...BRIEF)).toEqual({ exitCode: undefined, stdout: TABLE, stderr: READY });
  });

  it('prints valid records with --json, and nothing else', async () => {
    const { exitCode, stdout, stderr } = await run(...BRIEF, '--json');
    expect(records(stdout).map(({ type }) => type)).toEqual(['meta', 'event', 'event', 'summary']);
    expect(records(stdout).flatMap(complaints)).toEqual([]);
    expect(records(stdout)[3]).toMatchObject({ events: 2, reported: 2, missed: 0 });
    expect({ exitCode, stderr }).toEqual({ exitCode: undefined, stderr: READY });
  });

  it.each([
    [
      'lost',
      () => kernel.put('stats', KEY_ZERO, statsBytes({ events: 3, lostRingFull: 1 })),
      'latency: lost of 3 events: 1 ring_full\n',
    ],
    [
      'missed',
      () => (kernel.programs = [{ name: 'start', loaded: true, recursionMisses: 4 }]),
      'latency: lost of 6 events: 4 missed by the kernel on all CPUs\n',
    ],
  ])('says what was %s, and with --strict exits with 4', async (_, happen, line) => {
    happen();
    expect(await run(...BRIEF)).toMatchObject({ exitCode: undefined, stderr: READY + line });
    kernel = freshKernel();
    kernel.put('stats', KEY_ZERO, statsBytes({ events: 3 }));
    happen();
    expect(await run(...BRIEF, '--strict')).toMatchObject({ exitCode: 4 });
  });

  it('exits with 0 with --strict when nothing was lost, or nobody can tell', async () => {
    kernel.programs = [{ name: 'start', loaded: true, recursionMisses: null }];
    expect(await run(...BRIEF, '--strict')).toMatchObject({ exitCode: undefined, stderr: READY });
  });

  it('writes a file, in the format of its name', async () => {
    const [text, picture] = ['out.txt', 'out.SVG'].map((name) => path.join(directory, name)) as [
      string,
      string,
    ];
    expect(await run(...BRIEF, '-o', text)).toMatchObject({ exitCode: undefined, stdout: '' });
    expect(readFileSync(text, 'utf8')).toBe(TABLE);
    await run(...BRIEF, '-o', picture);
    expect(readFileSync(picture, 'utf8')).toBe('<svg></svg>');
    expect(readdirSync(directory).toSorted()).toEqual(['out.SVG', 'out.txt']);
  });

  it.each([
    [['-o', 'x.svg', '--json'], '--json and -o "x.svg" ask for different formats'],
    [['-o', 'x.html'], '-o cannot write .html; it can write .svg'],
    [['-o', 'x.pb.gz'], '-o cannot write .pb.gz; it can write .svg'],
    [['--jsn'], 'unknown option --jsn; did you mean --json?'],
  ])('refuses %j before the kernel hears of it', async (argv, message) => {
    expect(await run(...argv)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `latency: ${message}\n`,
    });
    expect(kernel.log).toEqual([]);
  });

  it('ends JSON with an error record when the run fails, and leaves no file', async () => {
    kernel.failures['attach start'] = { op: 'attach', code: 'ENOMEM', subject: 'start' };
    const { exitCode, stdout, stderr } = await run('--json');
    expect(records(stdout)).toEqual([
      { type: 'error', message: 'attach of "start" failed: ENOMEM', code: 'ENOMEM', exit: 1 },
    ]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'latency: attach of "start" failed: ENOMEM\n',
    });
    await run('-o', path.join(directory, 'x.txt'));
    expect(readdirSync(directory)).toEqual([]);
  });

  it('fails before it traces when its file cannot be written', async () => {
    const file = path.join(directory, 'no', 'x');
    expect(await run('-o', file)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `latency: cannot write "${file}": ENOENT: no directory "${path.dirname(file)}" that takes files; name another\n`,
    });
    expect(kernel.log).toEqual([]);
  });

  it.each(['--help', '--version'])('answers %s without a kernel', async (option) => {
    expect(await run(option)).toMatchObject({
      exitCode: undefined,
      stdout: expect.stringMatching(/^latency /),
      stderr: '',
    });
    expect(kernel.log).toEqual([]);
  });
});

describe('--explain', () => {
  it('says which plan is taken, which would work, and what it would keep', async () => {
    const { exitCode, stdout } = await run('--explain');
    expect(stdout.split('\n').slice(1)).toEqual([
      '  plan tp_btf: taken; capabilities: BPF, PERFMON',
      '  plan kprobe: works too; capabilities: BPF, PERFMON',
      '  map stats: 1 entries, 8 KiB',
      '  map starts: 4 entries, 8 KiB',
      '  map latencies: 64 entries, 8 KiB',
      '  ring sleeps: 88 KiB',
      '',
    ]);
    expect(exitCode ?? 0).toBe(0);
    expect(kernel.log).toEqual(['probe btf', 'probe tracing', 'probe kprobe']);
  });

  it('exits with 3 when no plan works, and says why in a valid record', async () => {
    kernel.refused.tracing = { code: 'EINVAL', detail: 'no tp_btf' };
    kernel.refused.kprobe = { code: 'ENODEV', detail: 'no kprobes' };
    const { exitCode, stdout } = await run('--explain', '--json');
    expect(exitCode).toBe(3);
    expect(records(stdout).flatMap(complaints)).toEqual([]);
    expect(records(stdout)).toMatchObject([
      {
        type: 'explain',
        tool: 'latency',
        plans: [
          { name: 'tp_btf', ok: false, reason: 'tracing: EINVAL: no tp_btf', taken: false },
          {
            name: 'kprobe',
            ok: false,
            reason: 'kprobe: ENODEV: this kernel was built without CONFIG_KPROBE_EVENTS',
            taken: false,
          },
        ],
        maps: {
          starts: { entries: 4, bytes: 8192 },
          sleeps: { entries: 65_536, bytes: 90_112 },
        },
      },
    ]);
  });
});
