import { describe, expect, it } from 'vitest';
import { csv } from '../../../src/render/csv.js';
import { type Column, histogram, rows } from '../../../src/report.js';

const time = new Date('2026-11-23T11:00:00.000Z');

describe('csv', () => {
  it('of histograms is a line a slot, labels in columns', () => {
    const renderer = csv({ labels: ['disk', 'flags'] });
    const slots = [
      { from: 0, to: 1, count: 0 },
      { from: 64, to: 127, count: 12 },
    ];
    const labels = { disk: 'vd"a,b', flags: 'Read' };
    const report = histogram({ time, unit: 'us', labels, slots, sum: 900, seq: 1, intervalS: 1.5 });
    expect(renderer.report(report)).toBe(
      'time,interval_s,seq,disk,flags,unit,from,to,count\n' +
        '2026-11-23T11:00:00.000Z,1.5,1,"vd""a,b",Read,us,64,127,12\n',
    );
    expect(renderer.report({ ...report, labels: {}, seq: 2 })).toBe(
      '2026-11-23T11:00:00.000Z,1.5,2,,,us,64,127,12\n',
    );
  });

  it('of rows is a line each, names harmless', () => {
    const columns: Column<{ comm: string; bytes: number | null }>[] = [
      { key: 'comm', header: 'COMM', width: 1, get: ({ comm }) => comm },
      { key: 'bytes', header: 'BYTES', width: 1, get: ({ bytes }) => bytes },
    ];
    const renderer = csv();
    expect(renderer.report(rows(columns, [{ comm: 'a\n"b",\u001b[2J', bytes: 4 }]))).toBe(
      'comm,bytes\n"a\\x0a""b"",\\x1b[2J",4\n',
    );
    expect(renderer.report(rows(columns, [{ comm: 'x', bytes: null }]))).toBe('x,\n');
  });

  it('leaves rows out beside histograms', () => {
    const renderer = csv();
    renderer.report(histogram({ time, unit: 'us', labels: {}, slots: [], sum: 0 }));
    expect(renderer.report(rows([], [{}]))).toBe('');
  });
});
