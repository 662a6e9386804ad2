import { escapeText } from '../escape.js';
import type { Body, Histogram, Rows } from '../report.js';
import type { Renderer } from './renderer.js';

/**
 * Comma-separated values (RFC 4180, lines end in \n), a header first: of rows a line each, of histograms a line a slot.
 * `labels`: those that histograms may have, a column each. With histograms, rows are left out: they have other columns.
 */
export function csv({ labels = [] }: { labels?: readonly string[] } = {}): Renderer {
  let headed = false;
  let shape: Body['type'] | undefined;
  const table = (report: Histogram | Rows, header: () => readonly string[], lines: string) => {
    shape ??= report.type;
    if (shape !== report.type) return '';
    const head = headed ? '' : line(header());
    headed = true;
    return head + lines;
  };
  return {
    report(report) {
      if (report.type === 'rows') {
        const header = () => report.columns.map(({ key }) => key);
        return table(report, header, rowLines(report));
      }
      if (report.type !== 'histogram') return '';
      const header = () => ['time', 'interval_s', 'seq', ...labels, 'unit', 'from', 'to', 'count'];
      return table(report, header, slotLines(report, labels));
    },
  };
}

function rowLines({ columns, rows }: Rows): string {
  return rows.map((row) => line(columns.map(({ get }) => get(row)))).join('');
}

function slotLines(report: Histogram, labels: readonly string[]): string {
  const { time, seq = '', intervalS, unit, slots } = report;
  const seconds = intervalS === undefined ? '' : Math.round(intervalS * 1e6) / 1e6;
  const before = [time.toISOString(), seconds, seq, ...labels.map((name) => report.labels[name])];
  return slots
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) => line([...before, unit, from, to, count]))
    .join('');
}

type Value = string | number | bigint | boolean | null | undefined;

function line(values: readonly Value[]): string {
  return `${values.map(field).join(',')}\n`;
}

function field(value: Value): string {
  const text = escapeText(String(value ?? ''));
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
