import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { heatmap } from '../../../src/render/heatmap.js';
import { histogram, notice, rows, type Slot } from '../../../src/report.js';
import { meta } from '../../fixtures/reports.js';

function interval(
  seq: number,
  slots: readonly Slot[],
  { labels = {}, oneOf = 1 }: { labels?: Record<string, string>; oneOf?: number } = {},
) {
  const time = new Date(2026, 10, 23, 11, 0, seq);
  return {
    ...histogram({ time, seq, intervalS: 1.004, unit: 'us', labels, slots, sum: 0 }),
    oneOf,
  };
}

const size = () => ({ columns: 80, rows: 24 });
const lines = (frame: string) =>
  stripVTControlCharacters(frame).replace(/^\n+/, '').trimEnd().split('\n');
const one = { from: 2, to: 3, count: 1 };

describe('a heatmap', () => {
  it('grows to the right, latency upwards', () => {
    const renderer = heatmap({ size, color: false });
    renderer.report(interval(1, [{ from: 64, to: 127, count: 1 }]));
    const frame = renderer.report(
      interval(2, [
        { from: 256, to: 511, count: 100 },
        { from: 128, to: 255, count: 0 },
        { from: 64, to: 127, count: 10 },
      ]),
    );
    expect(lines(frame)).toEqual([
      '110 in the last 1 s; up is latency, right is time, the brightest is 100',
      '    256 us  @',
      '    128 us   ',
      '     64 us .+',
      '     11:00:02',
    ]);
  });

  it('moves what was on the screen out of it, and begins each frame at its top', () => {
    const renderer = heatmap({ size, color: true });
    const first = renderer.report(interval(1, [one]));
    const second = renderer.report(interval(2, [one]));
    expect(first.startsWith(`\x1b[?2026h${'\n'.repeat(24)}\x1b[H\x1b[?7l`)).toBe(true);
    expect(second.startsWith('\x1b[?2026h\x1b[H\x1b[?7l1 in')).toBe(true);
    // One synchronized update, which lets lines wrap again; nothing is cleared before it is written.
    expect(second.endsWith('\x1b[J\x1b[?7h\x1b[?2026l')).toBe(true);
    expect(second).not.toContain('\x1b[2J');
  });

  it('says above what is traced, and below what was noticed and the row of the interval', () => {
    const renderer = heatmap({ size, color: false });
    expect(renderer.begin?.({ ...meta, header: 'Tracing vd\x1ba' })).toBe('');
    for (const text of ['first', 'zram0 makes no\nrequests', 'last']) {
      expect(renderer.report(notice(text))).toBe('');
    }
    renderer.report(interval(1, [one]));
    const columns = [
      { key: 'pid', header: 'PID', width: -9, get: () => 12345 },
      { key: 'latency_ms', header: 'LAT(ms)', width: 12, get: () => 1.5 },
    ];
    expect(lines(renderer.report(rows(columns, [1, 2])))).toEqual([
      'Tracing vd\\x1ba',
      expect.stringMatching(/^1 in the last 1 s/),
      '      2 us @',
      '    11:00:01',
      'PID   LAT(ms)',
      '12345     1.5',
      'zram0 makes no\\x0arequests',
      'last',
    ]);
  });

  it('fits the terminal, however small, and whatever it was before', () => {
    const sizes = [
      [200, 50],
      [80, 24],
      [20, 6],
      [12, 5],
      [5, 2],
      [1, 1],
    ] as const;
    let [[columns, rowsNow]]: [readonly [number, number]] = [[80, 24]];
    const renderer = heatmap({ size: () => ({ columns, rows: rowsNow }), color: false });
    renderer.begin?.(meta);
    renderer.report(notice('n'.repeat(300)));
    for (let seq = 1; seq < 300; seq++) {
      [columns, rowsNow] = sizes[seq % sizes.length] ?? [80, 24];
      const frame = renderer.report(
        interval(seq, [
          { from: 0, to: 1, count: 3 },
          { from: 2 ** (seq % 20), to: 2 ** ((seq % 20) + 1) - 1, count: 5 },
        ]),
      );
      const shown = lines(frame);
      expect(shown.length).toBeLessThan(Math.max(rowsNow, 2));
      for (const line of shown) expect(line.length).toBeLessThan(Math.max(columns, 1));
      // It grew again: as many intervals as there is room for.
      const widest = Math.max(...shown.slice(2, -2).map(({ length }) => length));
      if (columns === 80) expect(widest).toBe(Math.min(79, 11 + seq));
    }
  });

  it('counts in its lowest row what is below it, from 0 on', () => {
    const renderer = heatmap({ size: () => ({ columns: 80, rows: 6 }), color: false });
    const frame = renderer.report(
      interval(1, [
        { from: 4, to: 7, count: 2 },
        { from: 16, to: 31, count: 3 },
        { from: 32, to: 63, count: 5 },
        { from: 64, to: 127, count: 1 },
      ]),
    );
    expect(lines(frame).slice(1, -1)).toEqual(['     64 us .', '     32 us @', '      0 us @']);
  });

  it('adds up what came in one interval, and what a sample stands for', () => {
    const renderer = heatmap({ size, color: false });
    renderer.report(interval(1, [one], { labels: { disk: 'a' } }));
    const both = renderer.report(interval(1, [{ ...one, count: 2 }], { labels: { disk: 'b' } }));
    expect(lines(both)[0]).toMatch(/^3 in the last/);
    const sample = renderer.report(interval(2, [{ ...one, count: 2 }], { oneOf: 10 }));
    expect(lines(sample)[0]).toMatch(/^20 in the last .* brightest is 20$/);
  });

  it('shades from black over violet and red to yellow, and names a color where it changes', () => {
    const renderer = heatmap({ size, color: true });
    for (const [i, count] of [1, 1, 1000, 0].entries()) {
      renderer.report(interval(i, [{ ...one, count }]));
    }
    const [, row] = renderer.report(interval(9, [{ ...one, count: 30 }])).split('\n');
    expect(row).toBe(
      '      2 us \x1b[48;5;56m  \x1b[48;5;228m \x1b[48;5;16m \x1b[48;5;198m \x1b[0m\x1b[K',
    );
  });
});
