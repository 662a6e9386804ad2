import { describe, expect, it } from 'vitest';
import { json, jsonError } from '../../../src/render/json.js';
import { type Column, notice, rows } from '../../../src/report.js';
import { latencies, meta, summary, time } from '../../fixtures/reports.js';
import { complaints } from '../../fixtures/schema.js';
import { report, sampled, stack } from '../../fixtures/stacks.js';

/** Every line, parsed, valid by the published schema. */
function records(printed: string | undefined): unknown[] {
  expect(printed?.endsWith('\n')).toBe(true);
  const parsed = (printed as string)
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  for (const record of parsed) expect(complaints(record)).toEqual([]);
  return parsed;
}

const renderer = json();

describe('JSON records', () => {
  it('begin with meta: options in snake case, without the header', () => {
    expect(records(renderer.begin?.(meta))).toEqual([
      {
        type: 'meta',
        tool: 'sampler',
        version: '0.1.0',
        kernel: '6.18.44',
        plan: 'cpu-clock',
        options: { frequency: 49, pid: [1, 2], stack_storage_size: 16_384, json: true },
        time: '2026-11-23T11:00:00.000Z',
      },
    ]);
  });

  it('end with summary, with and without --overhead', () => {
    const fields = {
      events: 1239,
      reported: 1200,
      belowThreshold: 30,
      inFlight: 4,
      lost: { ring_full: 5 },
      unmatchedEnds: 2,
      maps: { start: { usedMax: 812, max: 10_240 } },
      quality: { missed_user_stacks: 3, is_exact: false, unknown: null },
    };
    const printed = {
      type: 'summary',
      duration_s: 30.5,
      events: 1239,
      reported: 1200,
      below_threshold: 30,
      in_flight: 4,
      lost: { map_full: 0, map_busy: 0, ring_full: 5, ring_busy: 0, no_end: 0, async_not_timed: 0 },
      unmatched_ends: 2,
      missed: null,
      maps: { start: { used_max: 812, max: 10_240 } },
      quality: { missed_user_stacks: 3, is_exact: false, unknown: null },
    };
    expect(records(renderer.end?.(summary(fields)))).toEqual([printed]);
    const programs = { block_rq_issue: { runs: 10, meanNs: 243.5 } };
    expect(records(renderer.end?.(summary({ ...fields, missed: 7, programs })))).toEqual([
      { ...printed, missed: 7, programs: { block_rq_issue: { runs: 10, mean_ns: 243.5 } } },
    ]);
  });

  it('leave empty slots of a histogram out', () => {
    expect(records(renderer.report(latencies))).toEqual([
      {
        type: 'histogram',
        time: '2026-11-23T11:00:00.000Z',
        unit: 'us',
        labels: { disk: 'vda' },
        slots: [{ from: 64, to: 127, count: 12 }],
        count: 12,
        sum: 1100,
      },
    ]);
  });

  it('hold stacks root first, and say what was missed or cut', () => {
    const java = {
      pid: 7,
      tid: 8,
      comm: 'java',
      user: stack('leaf', null, 'main'),
      kernel: 'missed' as const,
      count: 7,
    };
    const base = { type: 'stack', time: '2026-11-23T11:00:00.000Z' };
    expect(
      records(
        renderer.report(
          report(
            sampled(java),
            sampled({ user: 'missed', kernel: stack('k'), truncated: true }),
            sampled({}),
          ),
        ),
      ),
    ).toEqual([
      {
        ...base,
        pid: 7,
        tid: 8,
        comm: 'java',
        user: ['main', '[unknown]', 'leaf'],
        kernel: ['[Missed Kernel Stack]'],
        count: 7,
      },
      {
        ...base,
        pid: 1,
        tid: 1,
        comm: 'comm',
        user: ['[Missed User Stack]'],
        kernel: ['k'],
        truncated: true,
        count: 1,
      },
      { ...base, pid: 1, tid: 1, comm: 'comm', user: [], kernel: [], count: 1 },
    ]);
    expect(renderer.report(report())).toBe('');
  });

  it('hold rows as events: 64-bit ids as strings, null for what is no number', () => {
    interface Row {
      readonly id: bigint;
      readonly latency: number;
      readonly isSlow: boolean;
    }
    const columns: readonly Column<Row>[] = [
      { key: 'time', header: 'TIME', width: -24, get: () => time.toISOString() },
      { key: 'pid', header: 'PID', width: 7, get: () => 2734 },
      { key: 'comm', header: 'COMM', width: -16, get: () => 'cu"rl\\' },
      { key: 'sector_id', header: 'SECTOR', width: 7, get: ({ id }) => id },
      {
        key: 'latency_ms',
        header: 'LAT(ms)',
        width: 7,
        get: ({ latency }) => latency,
        format: () => 'for text only',
      },
      { key: 'is_slow', header: 'SLOW', width: 5, get: ({ isSlow }) => isSlow },
      { key: 'errno', header: 'ERR', width: 5, get: () => null },
    ];
    const base = {
      type: 'event',
      time: '2026-11-23T11:00:00.000Z',
      pid: 2734,
      comm: 'cu"rl\\',
      errno: null,
    };
    const printed = renderer.report(
      rows(columns, [
        { id: 2n ** 64n - 1n, latency: 0.25, isSlow: true },
        { id: 0n, latency: Number.NaN, isSlow: false },
        { id: 1n, latency: Number.POSITIVE_INFINITY, isSlow: false },
      ]),
    );
    expect(records(printed)).toEqual([
      { ...base, sector_id: '18446744073709551615', latency_ms: 0.25, is_slow: true },
      { ...base, sector_id: '0', latency_ms: null, is_slow: false },
      { ...base, sector_id: '1', latency_ms: null, is_slow: false },
    ]);
    expect(Object.keys(JSON.parse(printed.split('\n')[0] as string) as object)).toEqual([
      'type',
      ...columns.map(({ key }) => key),
    ]);
  });

  it('hold notices, and an error last', () => {
    expect(records(renderer.report(notice('map start holds 9 of 10 entries')))).toEqual([
      { type: 'notice', text: 'map start holds 9 of 10 entries' },
    ]);
    expect(records(jsonError({ message: 'load failed: EPERM\n', code: 'EPERM', exit: 3 }))).toEqual(
      [{ type: 'error', message: 'load failed: EPERM\n', code: 'EPERM', exit: 3 }],
    );
    expect(records(jsonError({ message: 'x', exit: 1 }))).toEqual([
      { type: 'error', message: 'x', exit: 1 },
    ]);
  });

  it('turn 64-bit options into strings', () => {
    expect(records(renderer.begin?.({ ...meta, options: { cgroupId: 2n ** 63n } }))).toMatchObject([
      { options: { cgroup_id: '9223372036854775808' } },
    ]);
  });
});
