import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { heatmap } from '../../../src/render/heatmap.js';
import { histogram, type Slot } from '../../../src/report.js';

function interval(seq: number, slots: readonly Slot[], labels: Record<string, string> = {}) {
  const time = new Date(2026, 10, 23, 11, 0, seq);
  return histogram({ time, seq, intervalS: 1, unit: 'us', labels, slots, sum: 0 });
}

const size = () => ({ columns: 40, rows: 24 });
const lines = (frame: string) => stripVTControlCharacters(frame).replace(/\r/g, '').split('\n');

describe('a heatmap', () => {
  it('grows to the right, latency upwards', () => {
    const renderer = heatmap({ size, color: false });
    renderer.report(interval(1, [{ from: 64, to: 127, count: 1 }]));
    const frame = renderer.report(
      interval(2, [
        { from: 256, to: 511, count: 100 },
        { from: 64, to: 127, count: 10 },
      ]),
    );
    expect(lines(frame)).toEqual([
      '110 in the last interval; up is latency',
      '    256 us  @',
      '    128 us   ',
      '     64 us .+',
      '           11:00:02',
      '',
    ]);
  });

  it('writes each frame over the last one as one synchronized update, clearing nothing first', () => {
    const renderer = heatmap({ size, color: true });
    const first = renderer.report(interval(1, [{ from: 2, to: 3, count: 1 }]));
    const second = renderer.report(interval(2, [{ from: 2, to: 3, count: 1 }]));
    expect(first.startsWith('\x1b[?2026h\r')).toBe(true);
    const height = first.split('\n').length - 1;
    expect(second.startsWith(`\x1b[?2026h\x1b[${height}A\r`)).toBe(true);
    expect(second.endsWith('\x1b[J\x1b[?2026l')).toBe(true);
    expect(second).not.toContain('\x1b[2J');
  });

  it('fits the terminal, however small', () => {
    for (const [columns, rows] of [
      [20, 6],
      [12, 3],
      [200, 50],
    ] as const) {
      const renderer = heatmap({ size: () => ({ columns, rows }), color: false });
      let frame = '';
      for (let seq = 1; seq < 300; seq++) {
        frame = renderer.report(
          interval(seq, [
            { from: 0, to: 1, count: 3 },
            { from: 2 ** (seq % 20), to: 2 ** ((seq % 20) + 1) - 1, count: 5 },
          ]),
        );
      }
      const shown = lines(frame);
      expect(shown.length).toBeLessThanOrEqual(Math.max(rows, 5));
      for (const line of shown) expect(line.length).toBeLessThan(Math.max(columns, 14));
    }
  });

  it('adds up what came in one interval', () => {
    const renderer = heatmap({ size, color: false });
    renderer.report(interval(1, [{ from: 2, to: 3, count: 1 }], { disk: 'a' }));
    const frame = renderer.report(interval(1, [{ from: 2, to: 3, count: 2 }], { disk: 'b' }));
    expect(lines(frame)[0]).toMatch(/^3 in the last/);
  });
});
