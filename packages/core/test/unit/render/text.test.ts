import { describe, expect, it } from 'vitest';
import { text } from '../../../src/render/text.js';
import { type Column, type Histogram, histogram, rows } from '../../../src/report.js';

const head = '     usecs               : count     distribution\n';
const row = `         0 -> 1          : 3        |${'*'.repeat(40)}|\n`;

function one(fields: Partial<Histogram> = {}): Histogram {
  const time = new Date(2026, 10, 23, 11, 0, 5);
  const slots = [{ from: 0, to: 1, count: 3 }];
  return histogram({ time, unit: 'us', labels: {}, slots, sum: 4, ...fields });
}

describe('histograms as text', () => {
  // As bcc tools/biolatency_example.txt (iovisor/bcc 13cdc92e) shows -T and -D.
  it('have an empty line and the time before each interval, and a line of labels before each of them', () => {
    const renderer = text({ timestamp: true });
    const printed = [1, 1, 2].map((seq, i) =>
      renderer.report(one({ seq, intervalS: 1, labels: { disk: `vd${i}` } })),
    );
    expect(printed).toEqual([
      `\n11:00:05\n\ndisk = vd0\n${head}${row}`,
      `\ndisk = vd1\n${head}${row}`,
      `\n11:00:05\n\ndisk = vd2\n${head}${row}`,
    ]);
  });

  it('are an empty line when nothing came', () => {
    expect(text().report(one({ slots: [], count: 0 }))).toBe('\n');
  });

  it('say the average, total and count as BCC does', () => {
    const renderer = text({ averages: true });
    expect(renderer.report(one())).toBe(
      `\n${head}${row}\navg = 1 usecs, total: 4 usecs, count: 3\n\n`,
    );
  });

  it('scale the total and the count where each event stands for more calls', () => {
    expect(text({ averages: true }).report(one({ oneOf: 10 }))).toContain(
      'avg = 1 usecs, total: 40 usecs, count: 30\n',
    );
  });

  it('name what they are of in the words of the tool, escaped', () => {
    const renderer = text({ label: ({ function: name }) => name && `Function = ${name}` });
    expect(renderer.report(one({ labels: { function: 'f\x1b' } }))).toMatch(
      /^\n\nFunction = f\S*x1b\S*\n/,
    );
    expect(renderer.report(one({ labels: { disk: 'vda' } }))).toMatch(/\ndisk = vda\n/);
  });

  it('say percentiles with their error, and sizes', () => {
    const percentiles = { p50: 1, p90: 2.5, p99: 3, p999: 4, max: 4 };
    const printed = text().report(one({ percentiles, bytes: 12288 }));
    expect(printed).toMatch(
      /\np50 = 1, p90 = 2\.5, p99 = 3, p999 = 4, max = 4 usecs \(within 3\.1 %\)\n/,
    );
    expect(printed).toMatch(/\navg size = 4096 bytes, total: 12288 bytes\n$/);
  });

  it('have the rows of their interval below, with a header each time', () => {
    const columns: Column<{ comm: string }>[] = [
      { key: 'comm', header: 'COMM', width: -4, get: ({ comm }) => comm },
    ];
    const renderer = text();
    for (const seq of [1, 2]) {
      renderer.report(one({ seq, intervalS: 1 }));
      expect(renderer.report(rows(columns, [{ comm: 'dd' }]))).toBe('\nCOMM\ndd\n');
    }
  });
});
