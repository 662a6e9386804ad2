import { beforeEach, describe, expect, it, vi } from 'vitest';
import { notice, type Report, type Summary } from '../../../src/report.js';
import { freshKernel } from '../../fixtures/current-kernel.js';
import type { FakeKernel } from '../../fixtures/fake-kernel.js';
import { framed, KEY_ZERO, statsBytes } from '../../fixtures/latency.js';
import { type LatencyContext, latencyTool } from '../../fixtures/latency-tool.js';

vi.mock('../../../src/native.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../fixtures/current-kernel.js')).mockedNative,
}));

const bash = { pid: 7, comm: 'bash' };
const BEGIN = [
  'probe btf',
  'probe tracing',
  'open /nowhere/x64/latency.bpf.o',
  'configure start,end',
  'load',
  'attach end',
  'attach start',
];
const END = ['detach start', 'detach end', 'synchronize', 'finish sleeps'];
const ACCOUNT = ['get stats', 'snapshot starts', 'close'];

let kernel: FakeKernel;
let stop: AbortController;
beforeEach(() => {
  kernel = freshKernel();
  kernel.put('stats', KEY_ZERO, statsBytes({ events: 3, lostRingFull: 1 }));
  stop = new AbortController();
});

/** All reports; aborted when the first report of its own comes. */
async function collected(
  tool = latencyTool(),
  input: Parameters<typeof tool>[0] = {},
): Promise<Report[]> {
  const reports: Report[] = [];
  for await (const report of tool(input, { signal: stop.signal })) {
    reports.push(report);
    if (report.type !== 'meta') stop.abort();
  }
  return reports;
}

describe('a run', () => {
  it('attaches ends first, and is over in one order, lossless', async () => {
    kernel.batches.push(Buffer.concat([framed(bash), framed(bash)]));
    const reports = await collected();
    expect(reports.map(({ type }) => type)).toEqual(['meta', 'rows', 'summary']);
    expect(reports[1]).toMatchObject({ rows: [bash, bash] });
    expect(kernel.log.map((entry) => entry.replace(/arm64|x64/, 'x64'))).toEqual([
      ...BEGIN,
      ...END,
      ...ACCOUNT,
    ]);
  });

  it('says first what it is, once everything is attached', async () => {
    const run = latencyTool()({ duration: 5 }, { signal: stop.signal });
    const { value: meta } = await run.next();
    expect(kernel.log.at(-1)).toBe('attach start');
    expect(meta).toMatchObject({
      type: 'meta',
      tool: 'latency',
      version: '0.1.0',
      plan: 'tp_btf',
      options: { duration: 5, interval: undefined, count: undefined, json: false },
      header: 'Tracing sleeps through tp_btf for 5 s... Hit Ctrl-C to end.',
    });
    await run.return?.();
  });

  it('ends with a summary whose sum is right', async () => {
    kernel.batches.push(framed(bash), framed(bash));
    const { events, reported, belowThreshold, inFlight, lost, durationS } = (await collected()).at(
      -1,
    ) as Summary;
    const sum = Object.values(lost).reduce((total, count) => total + count, 0);
    expect({ events, reported, sum }).toEqual({ events: 3, reported: 2, sum: 1 });
    expect(events).toBe(reported + belowThreshold + inFlight + sum);
    expect(durationS).toBeGreaterThanOrEqual(0);
  });

  it('takes the first plan that this kernel allows, and loads only its programs', async () => {
    kernel.refused.tracing = { code: 'EINVAL' };
    kernel.batches.push(framed(bash));
    expect((await collected())[0]).toMatchObject({ plan: 'kprobe' });
    expect(kernel.log).toEqual(
      expect.arrayContaining(['configure end,kprobe_start', 'attach kprobe_start']),
    );
    expect(kernel.log).not.toContain('attach start');
  });

  it('is over before the account is taken when the tool ends by itself', async () => {
    const run = async function* ({ open }: LatencyContext) {
      await using _ = await open();
      yield notice('done');
      return undefined;
    };
    await collected(latencyTool({ run }));
    expect(kernel.log.slice(BEGIN.length)).toEqual([...END, ...ACCOUNT]);
  });

  it('takes the word of the tool for quality and misses', async () => {
    kernel.programs = [{ name: 'start', loaded: true, recursionMisses: 9 }];
    const run = (outcome: object | undefined) =>
      async function* ({ open }: LatencyContext) {
        await using _ = await open();
        yield notice('done');
        return outcome;
      };
    const summary = async (outcome: object | undefined) =>
      (await collected(latencyTool({ run: run(outcome) }))).at(-1);
    expect(await summary(undefined)).toMatchObject({ missed: 9, quality: {} });
    expect(await summary({ quality: { runs: 1 } })).toMatchObject({
      missed: 9,
      quality: { runs: 1 },
    });
    expect(await summary({ missed: null })).toMatchObject({ missed: null });
    expect(await summary({ missed: 4 })).toMatchObject({ missed: 4 });
  });

  it.each([
    [3, false],
    [4, true],
  ])('warns when %d of 4 entries are in use: %s', async (starts, warns) => {
    for (let i = 0; i < starts; i++) kernel.put('starts', Buffer.of(i, 0, 0, 0), Buffer.alloc(8));
    kernel.batches.push(framed(bash));
    const notices = (await collected()).filter(({ type }) => type === 'notice');
    expect(notices).toEqual(
      warns ? [{ type: 'notice', text: 'map starts holds 4 of 4 entries' }] : [],
    );
  });

  it('counts its own cost with overhead, from before load until the end', async () => {
    kernel.programs = [
      { name: 'start', loaded: true, recursionMisses: 0, runCount: 2, runTimeNs: 500 },
    ];
    kernel.batches.push(framed(bash));
    const reports = await collected(latencyTool(), { overhead: true });
    expect(reports.at(-1)).toMatchObject({ programs: { start: { runs: 2, meanNs: 250 } } });
    expect(kernel.log.indexOf('enableStats')).toBeLessThan(kernel.log.indexOf('load'));
    expect(kernel.log.at(-1)).toBe('stats.close');
  });

  it('fails when the tool never opens its object', async () => {
    const run = async function* () {
      yield notice('nothing');
      return undefined;
    };
    await expect(collected(latencyTool({ run }))).rejects.toThrow(
      'latency: run() never opened its object',
    );
  });
});

describe('an interval', () => {
  const ticking = latencyTool({
    async *run({ open, ticks }) {
      await using _ = await open();
      for await (const { seq, last } of ticks)
        yield notice(`${seq}${last ? ' last' : ''} after ${kernel.log.at(-1)}`);
      return undefined;
    },
  });

  it('gives a tick each time, count of them, the last after the detaching', async () => {
    const reports: Report[] = [];
    for await (const report of ticking({ interval: 0.01, count: 3 })) reports.push(report);
    expect(reports.flatMap((report) => (report.type === 'notice' ? [report.text] : []))).toEqual([
      '1 after attach start',
      '2 after attach start',
      '3 last after finish sleeps',
    ]);
  });

  it('is part of the duration: all of them add up to it', async () => {
    let sum = 0;
    const timed = latencyTool({
      async *run({ open, ticks }) {
        await using _ = await open();
        for await (const { intervalS } of ticks) {
          sum += intervalS;
          yield notice(`${intervalS}`);
        }
        return undefined;
      },
    });
    const reports: Report[] = [];
    for await (const report of timed({ interval: 0.01, count: 3 })) reports.push(report);
    expect((reports.at(-1) as Summary).durationS).toBeCloseTo(sum, 5);
  });

  it('left out gives one tick when the duration is over', async () => {
    const reports: Report[] = [];
    for await (const report of ticking({ duration: 0.01 })) reports.push(report);
    expect(reports.map(({ type }) => type)).toEqual(['meta', 'notice', 'summary']);
    expect(reports[1]).toMatchObject({ text: '1 last after finish sleeps' });
    expect((reports[2] as Summary).durationS).toBeGreaterThanOrEqual(0.01);
  });
});
