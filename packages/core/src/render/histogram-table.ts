import { type Column, type Histogram, rows } from '../report.js';
import type { Renderer } from './renderer.js';
import { tableHeader, tableRows } from './table.js';

const PERCENTILES = ['p50', 'p90', 'p99', 'p999', 'max'] as const;

/**
 * Histograms as a table, a line each: labels, count, percentiles. For many of them, where BCC's pictures would fill
 * screens. `labels`: by name, how wide each column is; what is wider widens it from there on. What else a run yields is
 * left to `other`.
 */
export function histogramTable(
  { labels, timestamp = false }: { labels: Readonly<Record<string, number>>; timestamp?: boolean },
  other: Renderer,
): Renderer {
  const widths = { ...labels };
  let interval: number | undefined | null = null;
  return {
    report(report) {
      if (report.type !== 'histogram') return other.report(report);
      const isNext = report.seq !== interval;
      interval = report.seq;
      for (const [name, width] of Object.entries(widths)) {
        widths[name] = Math.max(width, report.labels[name]?.length ?? 0);
      }
      const table = rows(columns(widths, report.unit), report.count > 0 ? [report] : []);
      const time = timestamp ? `${report.time.toTimeString().slice(0, 8)}\n` : '';
      return (isNext ? `\n${time}${tableHeader(table)}` : '') + tableRows(table);
    },
  };
}

function columns(
  labels: Readonly<Record<string, number>>,
  unit: Histogram['unit'],
): Column<Histogram>[] {
  return [
    ...Object.entries(labels).map(([name, width]) => ({
      key: name,
      header: name.toUpperCase(),
      width: -width,
      get: (report: Histogram) => report.labels[name] ?? null,
    })),
    { key: 'count', header: 'COUNT', width: 8, get: ({ count }) => count },
    ...PERCENTILES.map((name) => ({
      key: name,
      header: `${name.toUpperCase()}(${unit})`,
      width: 9,
      get: ({ percentiles }: Histogram) => percentiles?.[name] ?? null,
    })),
  ];
}
