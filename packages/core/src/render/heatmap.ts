import { escapeText } from '../escape.js';
import type { Histogram } from '../report.js';
import type { Renderer } from './renderer.js';
import { narrowed, tableHeader, tableRows } from './table.js';

export interface HeatmapOptions {
  /** Asked before each frame: a terminal may change its size. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Shades as colors of a 256-color terminal, else as characters. */
  readonly color: boolean;
}

/** One interval: how many values fell into each power of two, by its exponent (0: 0 and 1). */
interface Interval {
  readonly time: Date;
  readonly seq: number | undefined;
  readonly intervalS: number | undefined;
  readonly powers: Map<number, number>;
}

const SHADES = ' .:-=+*#%@';
/** From black over violet and red to yellow, of the 256-color palette: even the first one stands out, since a spike is few. */
const COLORS = [16, 56, 92, 128, 163, 198, 203, 209, 215, 221, 228];
const LABEL = 11;
/** Kept for a terminal that grows wider again. */
const MOST_INTERVALS = 1000;
/** The last ones stay in the picture. */
const MOST_NOTICES = 2;

/**
 * Time to the right, latency upwards, a cell as bright as its count (on a logarithmic scale). What is on the screen moves
 * out of it first. Then each frame is written from its top, wherever the cursor was, in one piece and as one synchronized
 * update, so that nothing flickers, and what a resize or a key has left is overwritten. Histograms of one interval are
 * added up, whatever their labels.
 */
export function heatmap(options: HeatmapOptions): Renderer {
  const intervals: Interval[] = [];
  const notices: string[] = [];
  let header: string[] = [];
  let below: string[] = [];
  let unit: Histogram['unit'] = 'us';
  let isFirst = true;
  const frame = () => {
    const { columns, rows } = options.size();
    const around = { above: header, below: [...below, ...notices] };
    const lines = picture(intervals, around, { unit, columns, rows, color: options.color });
    const room = isFirst ? '\n'.repeat(rows) : '';
    isFirst = false;
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => `${line}\x1b[K\n`);
    // No line wraps: not one that is wider than it seems, nor where the terminal has just become narrower.
    return `\x1b[?2026h${room}\x1b[H\x1b[?7l${shown.join('')}\x1b[J\x1b[?7h\x1b[?2026l`;
  };
  return {
    begin(meta) {
      header = [escapeText(meta.header)];
      return '';
    },
    report(report) {
      if (report.type === 'notice') {
        notices.push(escapeText(report.text));
        notices.splice(0, notices.length - MOST_NOTICES);
        return '';
      }
      if (report.type === 'rows') {
        const first = narrowed({ ...report, rows: report.rows.slice(0, 1) });
        below = `${tableHeader(first)}${tableRows(first)}`.trimEnd().split('\n');
        return frame();
      }
      if (report.type !== 'histogram') return '';
      unit = report.unit;
      const last = intervals.at(-1);
      if (last && last.seq === report.seq) add(last.powers, report);
      else intervals.push(begun(report));
      intervals.splice(0, intervals.length - MOST_INTERVALS);
      return frame();
    },
  };
}

function begun(report: Histogram): Interval {
  const { time, seq, intervalS } = report;
  return { time, seq, intervalS, powers: add(new Map(), report) };
}

function add(
  powers: Map<number, number>,
  { slots, oneOf = 1 }: Pick<Histogram, 'slots' | 'oneOf'>,
): Map<number, number> {
  for (const { from, count } of slots) {
    if (count === 0) continue;
    const power = from < 2 ? 0 : Math.floor(Math.log2(from));
    powers.set(power, (powers.get(power) ?? 0) + count * oneOf);
  }
  return powers;
}

interface Picture {
  readonly unit: Histogram['unit'];
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

/** The lines of a frame. The last column stays free, and the last row is the cursor's. */
function picture(
  all: readonly Interval[],
  { above, below }: { readonly above: readonly string[]; readonly below: readonly string[] },
  { unit, columns, rows, color }: Picture,
): string[] {
  const width = Math.max(0, columns - 1);
  const intervals = all.slice(-Math.max(1, width - LABEL));
  const used = intervals.flatMap(({ powers }) => [...powers.keys()]);
  const high = Math.max(0, ...used);
  const lowest = Math.min(high, ...used);
  // Beside them are the title, the time, and the cursor.
  const room = Math.max(1, rows - 3 - above.length - below.length);
  const low = Math.max(lowest, high - room + 1);
  const shown = intervals.map(({ powers }) => folded(powers, low));
  const most = Math.max(1, ...shown.flatMap((powers) => [...powers.values()]));
  const heat: string[] = [];
  for (let power = high; power >= low; power--) {
    const from = power === 0 || (power === low && low > lowest) ? 0 : 2 ** power;
    const counts = shown.map((powers) => powers.get(power) ?? 0);
    const label = `${scaled(from, unit)} `.padStart(LABEL).slice(0, width);
    heat.push(label + cells(width > LABEL ? counts : [], most, color));
  }
  const cut = (line: string) => line.slice(0, width);
  return [
    ...above.map(cut),
    cut(title(intervals, most)),
    ...heat,
    cut(axis(intervals)),
    ...below.map(cut),
  ];
}

/** What is below the picture counts in its lowest row. */
function folded(powers: ReadonlyMap<number, number>, low: number): Map<number, number> {
  const shown = new Map<number, number>();
  for (const [power, count] of powers) {
    const row = Math.max(power, low);
    shown.set(row, (shown.get(row) ?? 0) + count);
  }
  return shown;
}

function cells(counts: readonly number[], most: number, color: boolean): string {
  const steps = (color ? COLORS : SHADES).length - 1;
  let last: number | undefined;
  const drawn = counts.map((count) => {
    const share = most > 1 ? Math.log(count) / Math.log(most) : 1;
    const step = count === 0 ? 0 : Math.max(1, Math.round(share * steps));
    if (!color) return SHADES[step] as string;
    const change = step === last ? '' : `\x1b[48;5;${COLORS[step]}m`;
    last = step;
    return `${change} `;
  });
  return drawn.join('') + (color ? '\x1b[0m' : '');
}

function title(intervals: readonly Interval[], most: number): string {
  const { powers = new Map<number, number>(), intervalS = 0 } = intervals.at(-1) ?? {};
  const count = [...powers.values()].reduce((total, one) => total + one, 0);
  const seconds = intervalS < 10 ? Number(intervalS.toPrecision(2)) : Math.round(intervalS);
  return `${count} in the last ${seconds} s; up is latency, right is time, the brightest is ${most}`;
}

/** The first column's time begins below it, the last one's ends below it. */
function axis(intervals: readonly Interval[]): string {
  const clock = (interval: Interval | undefined) => interval?.time.toTimeString().slice(0, 8) ?? '';
  const first = clock(intervals[0]);
  const last = clock(intervals.at(-1));
  const gap = intervals.length - first.length - last.length;
  if (gap <= 0) return last.padStart(LABEL + intervals.length);
  return ' '.repeat(LABEL) + first + ' '.repeat(gap) + last;
}

const STEPS = ['ns', 'us', 'ms', 's'] as const;

/** `16.4 ms` */
function scaled(value: number, unit: Histogram['unit']): string {
  let step = STEPS.indexOf(unit);
  let shown = value;
  while (shown >= 1000 && step < STEPS.length - 1) {
    shown /= 1000;
    step++;
  }
  return `${shown >= 100 || Number.isInteger(shown) ? Math.round(shown) : shown.toFixed(1)} ${STEPS[step]}`;
}
