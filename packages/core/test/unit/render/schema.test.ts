import { describe, expect, it } from 'vitest';
import { json } from '../../../src/render/json.js';
import { latencies, meta, summary } from '../../fixtures/reports.js';
import { complaints } from '../../fixtures/schema.js';
import { report, sampled } from '../../fixtures/stacks.js';

type Fields = Record<string, unknown>;
const renderer = json();
const parse = (printed: string | undefined) => JSON.parse(printed as string) as Fields;

const records: Record<string, Fields> = {
  meta: parse(renderer.begin?.(meta)),
  histogram: parse(renderer.report(latencies)),
  event: {
    type: 'event',
    time: '2026-11-23T11:00:00.000Z',
    pid: 1,
    tid: 2,
    comm: 'x',
    daddr: '::1',
    latency_ms: 0.5,
  },
  stack: parse(renderer.report(report(sampled({ user: [], kernel: 'missed' })))),
  quality: {
    type: 'quality',
    samples: 3,
    complete: 1,
    truncated: 1,
    unresolved: 1,
    processes: [
      { pid: 1, name: 'x', samples: 3, complete: 1, truncated: 1, unresolved: 1, remedy: null },
    ],
  },
  notice: { type: 'notice', text: 'a word' },
  summary: parse(renderer.end?.(summary())),
  error: { type: 'error', message: 'no', code: 'E2BIG', exit: 3 },
  explain: {
    type: 'explain',
    tool: 'sampler',
    kernel: '6.18.44',
    plans: [
      { name: 'tp_btf', ok: false, reason: 'btf: ENOENT', taken: false },
      { name: 'tracepoint', ok: true, taken: true },
    ],
    maps: { start: { entries: 10_240, bytes: 163_840 } },
  },
};
const OPTIONAL: Record<string, string[]> = {
  event: ['time', 'pid', 'tid', 'comm', 'daddr', 'latency_ms'],
  error: ['code'],
};
const required = Object.entries(records).flatMap(([type, record]) =>
  Object.keys(record)
    .filter((key) => !OPTIONAL[type]?.includes(key))
    .map((key) => [type, key] as const),
);

describe('the schema', () => {
  it.each(Object.entries(records))('takes a right %s', (_, record) =>
    expect(complaints(record)).toEqual([]),
  );

  it.each(required)('wants in %s the field %s', (type, key) => {
    const { [key]: _, ...rest } = records[type] as Fields;
    expect(complaints(rest)).not.toEqual([]);
  });

  it.each(Object.keys(records).filter((type) => type !== 'event'))(
    'knows every field of %s',
    (type) => {
      expect(complaints({ ...records[type], another: 1 })).not.toEqual([]);
    },
  );

  it.each([
    ['histogram', { interval_s: 1.5, seq: 1 }],
    ['histogram', { percentiles: { p50: 83, p90: 90, p99: 99, p999: 100, max: 127 } }],
    ['histogram', { slots: [], count: 0, sum: 0, labels: {} }],
    [
      'event',
      { interval_s: 1, seq: 2, file: null, is_slow: true, cgroup_id: '18446744073709551615' },
    ],
    ['stack', { truncated: true }],
    [
      'summary',
      { missed: 3, programs: { sample: { runs: 0, mean_ns: 0 } }, quality: { a: null, b: true } },
    ],
  ])('takes in %s %j', (type, fields) =>
    expect(complaints({ ...records[type], ...fields })).toEqual([]),
  );

  it.each([
    ['meta', { time: '23 November' }],
    ['meta', { time: '2026-11-23T11:00:00Z' }],
    ['meta', { options: { stackStorageSize: 1 } }],
    ['meta', { options: { nested: {} } }],
    ['histogram', { unit: 'secs' }],
    ['histogram', { slots: [{ from: 0, to: 1, count: 0 }] }],
    ['histogram', { slots: [{ from: 0, count: 1 }] }],
    ['histogram', { labels: { disk: 1 } }],
    ['histogram', { count: -1 }],
    ['histogram', { interval_s: 1 }],
    ['histogram', { seq: 1 }],
    ['histogram', { percentiles: { p50: 1 } }],
    ['event', { pid: '1' }],
    ['event', { comm: null }],
    ['event', { latencyMs: 1 }],
    ['event', { nested: {} }],
    ['event', { interval_s: 1 }],
    ['stack', { truncated: false }],
    ['stack', { user: null }],
    ['stack', { kernel: [1] }],
    ['stack', { count: 1.5 }],
    ['notice', { text: '' }],
    ['summary', { lost: { ring_full: 1 } }],
    ['summary', { missed: -1 }],
    ['summary', { missed: 'unknown' }],
    ['summary', { events: '1' }],
    ['summary', { maps: { start: { used_max: 1 } } }],
    ['error', { exit: 0 }],
    ['error', { code: 'no' }],
    ['explain', { plans: [] }],
    ['explain', { plans: [{ name: 'tp_btf', ok: false, taken: false }] }],
  ])('refuses in %s %j', (type, fields) =>
    expect(complaints({ ...records[type], ...fields })).not.toEqual([]),
  );

  it('refuses another type, and what is no record', () => {
    for (const given of [{ type: 'rows' }, { text: 'a word' }, null, [], 'meta'])
      expect(complaints(given)).not.toEqual([]);
  });
});
