import type { Histogram } from '../report.js';

/** BCC's widths, for values below and from 2^32. */
const NARROW = { digits: 10, stars: 40 };
const WIDE = { digits: 20, stars: 20 };

/**
 * A histogram as BCC's print_log2_hist prints it: one row for each power of two, from 0 to the last that is not empty.
 * Finer slots are added up; no rows at all for an empty histogram.
 */
export function histogramText({ unit, slots }: Histogram): string {
  const rows = log2Rows(slots);
  const last = rows.at(-1);
  if (!last) return '';
  const most = Math.max(...rows.map(({ count }) => count));
  const { digits, stars } = last.from < 2 ** 32 ? NARROW : WIDE;
  const lines = rows.map(({ from, to, count }) => {
    const bar = '*'.repeat(Math.floor((stars * count) / most)).padEnd(stars);
    const range = `${String(from).padStart(digits)} -> ${String(to).padEnd(digits)}`;
    return `${range} : ${String(count).padEnd(8)} |${bar}|\n`;
  });
  const header = `${' '.repeat(digits - 5)}${unit === 'ns' ? 'n' : unit === 'us' ? 'u' : 'm'}secs`;
  return `${header.padEnd(2 * digits + 4)} : count     distribution\n${lines.join('')}`;
}

function log2Rows(slots: Histogram['slots']): Histogram['slots'] {
  const end = Math.max(-1, ...slots.filter(({ count }) => count > 0).map(({ from }) => from));
  const rows = [];
  for (let from = 0, to = 1; from <= end; from = to + 1, to = 2 * from - 1) {
    const count = slots.reduce(
      (sum, slot) => (slot.from >= from && slot.from <= to ? sum + slot.count : sum),
      0,
    );
    rows.push({ from, to, count });
  }
  return rows;
}
