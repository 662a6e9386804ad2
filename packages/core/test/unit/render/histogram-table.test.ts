import { describe, expect, it } from 'vitest';
import { histogramTable } from '../../../src/render/histogram-table.js';
import { text } from '../../../src/render/text.js';
import { histogram, notice } from '../../../src/report.js';

const percentiles = { p50: 20.5, p90: 31, p99: 99, p999: 100, max: 3072 };

function of(destination: string, count: number, seq?: number) {
  return histogram({
    time: new Date(2026, 0, 1, 12, 30, 15),
    unit: 'us',
    labels: { destination },
    slots: count ? [{ from: 16, to: 31, count }] : [],
    sum: 20 * count,
    ...(count ? { percentiles } : {}),
    ...(seq === undefined ? {} : { seq, intervalS: 1 }),
  });
}

describe('a table of histograms', () => {
  it('has one header and a line each', () => {
    const { report } = histogramTable({ labels: { destination: 12 } }, text());
    expect(report(of('10.0.0.1', 7)) + report(of('a longer name', 1))).toBe(
      '\n' +
        'DESTINATION     COUNT   P50(us)   P90(us)   P99(us)  P999(us)   MAX(us)\n' +
        '10.0.0.1            7      20.5        31        99       100      3072\n' +
        'a longer name        1      20.5        31        99       100      3072\n',
    );
  });

  it('stays as wide as what was too wide for it', () => {
    const { report } = histogramTable({ labels: { destination: 12 } }, text());
    const name = '2001:db8:1111:2222:3333:4444:5555:6666';
    const lines = [of(name, 1, 1), of('10.0.0.1', 7, 1), of(name, 1, 2)].map(report).join('');
    const [, first, second, , header, third] = lines.trimStart().split('\n');
    expect(second).toHaveLength(first?.length ?? 0);
    expect(header).toHaveLength(third?.length ?? 0);
    expect(header?.indexOf('COUNT')).toBe((third?.indexOf(' 1 ') ?? 0) + 1 - 'COUN'.length);
  });

  it('begins anew with each interval, and an empty one is a header', () => {
    const { report } = histogramTable({ labels: { destination: 12 }, timestamp: true }, text());
    const lines = [of('x', 1, 1), of('y', 1, 1), of('', 0, 2)].map(report).join('').split('\n');
    expect(lines.filter((line) => line.startsWith('DESTINATION'))).toHaveLength(2);
    expect(lines.filter((line) => line === '12:30:15')).toHaveLength(2);
    expect(lines.filter((line) => /^[xy] /.test(line))).toHaveLength(2);
  });

  it('escapes names, and leaves what is no histogram to the other renderer', () => {
    const { report } = histogramTable({ labels: { destination: 12 } }, text());
    expect(report(of('\u001b[2J', 1))).toContain('\\x1b[2J');
    expect(report(notice('a word'))).toBe('');
  });
});
