import { type Column, type Renderer, textRenderer } from '@probekit/core';

/** BCC's `TIME(s)` is as wide as its column and the space after it together. */
const TIME_WIDTH = -8;

/** For a person: rows without the `hidden` columns, what has no fixed width last, and with the time since the first. */
export function rowText<R>({
  timestamp,
  hidden,
  endNs,
}: {
  readonly timestamp: boolean;
  readonly hidden: ReadonlySet<string>;
  readonly endNs: (row: R) => number;
}): Renderer {
  const inner = textRenderer();
  let first: number | undefined;
  const seconds = (row: R) => {
    first ??= endNs(row);
    return (endNs(row) - first) / 1e9;
  };
  const sinceFirst: Column<R> = {
    key: 'time_s',
    header: 'TIME(s)',
    width: TIME_WIDTH,
    get: seconds,
    format: (row) => seconds(row).toFixed(3),
  };
  return {
    report(report) {
      if (report.type !== 'rows') return inner.report(report);
      const shown = report.columns.filter(({ key }) => !hidden.has(key));
      shown.sort((a, b) => Number(a.key === 'traits') - Number(b.key === 'traits'));
      return inner.report({
        ...report,
        columns: timestamp ? [sinceFirst as (typeof shown)[number], ...shown] : shown,
      });
    },
  };
}
