import type { Histogram } from '../report.js';

const STARS = 40;

/** A histogram as BCC's print_log2_hist prints it: all slots from the first to the last that is not empty. */
export function histogramText({ unit, slots }: Histogram): string {
  const last = slots.findLastIndex(({ count }) => count > 0);
  if (last < 0) return '';
  const most = Math.max(...slots.map(({ count }) => count));
  const lines = slots.slice(0, last + 1).map(({ from, to, count }) => {
    const stars = '*'.repeat(Math.floor((STARS * count) / most)).padEnd(STARS);
    const range = `${String(from).padStart(10)} -> ${String(to).padEnd(10)}`;
    return `${range} : ${String(count).padEnd(8)} |${stars}|\n`;
  });
  return `${`${unit === 'ns' ? 'n' : unit === 'us' ? 'u' : 'm'}secs`.padStart(10)}               : count     distribution\n${lines.join('')}`;
}
