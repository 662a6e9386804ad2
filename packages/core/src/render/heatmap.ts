import type { Histogram, Slot } from '../report.js';
import type { Renderer } from './renderer.js';
import { tableRows } from './table.js';

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
  readonly powers: Map<number, number>;
}

const SHADES = ' .:-=+*#%@';
/** From black over purple and red to yellow, of the 256-color palette. */
const COLORS = [16, 53, 54, 90, 126, 161, 197, 203, 209, 221, 228];
const LABEL = 11;
/** Title, time axis, and two lines of what else there is to say. */
const OTHER_LINES = 4;

/**
 * Time to the right, latency upwards, a cell as bright as its count (on a logarithmic scale). Each frame is written
 * over the one before, in one piece and as one synchronized update, so that nothing flickers. Histograms of one interval are
 * added up, whatever their labels.
 */
export function heatmap(options: HeatmapOptions): Renderer {
  const intervals: Interval[] = [];
  let below = '';
  let height = 0;
  const frame = (unit: Histogram['unit']) => {
    const { columns, rows } = options.size();
    const room = Math.max(1, columns - LABEL - 1);
    if (intervals.length > room) intervals.splice(0, intervals.length - room);
    const lines = picture(intervals, { ...options, unit, columns, rows });
    if (below) lines.push(below.slice(0, columns - 1));
    const up = height > 0 ? `\x1b[${height}A` : '';
    height = lines.length;
    return `\x1b[?2026h${up}\r${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J\x1b[?2026l`;
  };
  let unit: Histogram['unit'] = 'us';
  return {
    report(report) {
      if (report.type === 'rows') {
        below = tableRows(report).split('\n', 1)[0] ?? '';
        return frame(unit);
      }
      if (report.type !== 'histogram') return '';
      unit = report.unit;
      const last = intervals.at(-1);
      if (last && last.seq === report.seq) add(last.powers, report.slots);
      else intervals.push({ ...report, seq: report.seq, powers: add(new Map(), report.slots) });
      return frame(unit);
    },
  };
}

function add(powers: Map<number, number>, slots: readonly Slot[]): Map<number, number> {
  for (const { from, count } of slots) {
    const power = from < 2 ? 0 : Math.floor(Math.log2(from));
    powers.set(power, (powers.get(power) ?? 0) + count);
  }
  return powers;
}

interface Picture {
  readonly unit: Histogram['unit'];
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

function picture(
  intervals: readonly Interval[],
  { unit, columns, rows, color }: Picture,
): string[] {
  const used = intervals.flatMap(({ powers }) => [...powers.keys()]);
  const high = Math.max(0, ...used);
  const low = Math.max(Math.min(high, ...used), high - Math.max(1, rows - OTHER_LINES) + 1);
  const lines = [title(intervals).slice(0, columns - 1)];
  const shown = intervals.map(({ powers }) => folded(powers, low));
  const most = Math.max(1, ...shown.flatMap((powers) => [...powers.values()]));
  for (let power = high; power >= low; power--) {
    const label = `${scaled(power === 0 ? 0 : 2 ** power, unit)} `.padStart(LABEL);
    const cells = shown.map((powers) => cell(powers.get(power) ?? 0, most, color));
    lines.push(`${label}${cells.join('')}${color ? '\x1b[0m' : ''}`);
  }
  lines.push(axis(intervals).slice(0, columns - 1));
  return lines;
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

function cell(count: number, most: number, color: boolean): string {
  const steps = (color ? COLORS.length : SHADES.length) - 1;
  const share = most > 1 ? Math.log(count) / Math.log(most) : 1;
  const step = count === 0 ? 0 : Math.max(1, Math.round(share * steps));
  return color ? `\x1b[48;5;${COLORS[step]}m ` : (SHADES[step] as string);
}

function title(intervals: readonly Interval[]): string {
  const counts = [...(intervals.at(-1)?.powers.values() ?? [])];
  const count = counts.reduce((total, one) => total + one, 0);
  return `${count} in the last interval; up is latency, right is time, bright is many`;
}

function axis(intervals: readonly Interval[]): string {
  const clock = (interval: Interval | undefined) => interval?.time.toTimeString().slice(0, 8) ?? '';
  const first = clock(intervals[0]);
  const last = clock(intervals.at(-1));
  const gap = intervals.length - first.length - last.length;
  return ' '.repeat(LABEL) + (gap > 0 ? first + ' '.repeat(gap) + last : last);
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
