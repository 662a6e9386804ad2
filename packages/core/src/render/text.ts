import { escapeText } from '../escape.js';
import type { Histogram } from '../report.js';
import { histogramText } from './histogram-text.js';
import type { Renderer } from './renderer.js';
import { type StackTextOptions, stackText } from './stack-text.js';
import { tableHeader, tableRows } from './table.js';

export interface TextOptions extends StackTextOptions {
  /** The local time above the histograms of each interval. */
  readonly timestamp?: boolean;
  /** Average, total and count below each histogram. */
  readonly averages?: boolean;
  /** A line for what a histogram is of; default: each label's name and value. */
  readonly label?: (labels: Histogram['labels']) => string | undefined;
}

/** For a person, in BCC's formats. Notices and quality are not in it: they go to stderr. */
export function text(options: TextOptions = {}): Renderer {
  let headed = false;
  let interval: number | undefined | null = null;
  return {
    report(report) {
      switch (report.type) {
        case 'histogram': {
          const isNext = report.seq !== interval;
          interval = report.seq;
          headed = false;
          return (isNext ? intervalHead(report, options) : '') + histogramBlock(report, options);
        }
        case 'stacks':
          return stackText(report, options);
        case 'rows': {
          const header = headed ? '' : tableHeader(report);
          const space = !headed && interval !== null ? '\n' : '';
          headed = true;
          return space + header + tableRows(report);
        }
        case 'quality':
        case 'notice':
          return '';
      }
    },
  };
}

function intervalHead({ time }: Histogram, { timestamp }: TextOptions): string {
  return timestamp ? `\n${time.toTimeString().slice(0, 8)}\n` : '\n';
}

function histogramBlock(report: Histogram, options: TextOptions): string {
  const own = options.label?.(report.labels);
  const labels = own
    ? `${escapeText(own)}\n`
    : Object.entries(report.labels)
        .map(([name, value]) => `${name} = ${escapeText(value)}\n`)
        .join('');
  const parts = [labels && `\n${labels}`, histogramText(report)];
  if (report.count > 0) {
    if (options.averages) parts.push(averages(report));
    parts.push(percentileLine(report), sizeLine(report));
  }
  return parts.join('');
}

/** BCC's line, integers as its `%ld` has them. */
function averages({ sum, count, unit, oneOf = 1 }: Histogram): string {
  const label = secs(unit);
  const total = Math.floor(sum * oneOf);
  return `\navg = ${Math.floor(sum / count)} ${label}, total: ${total} ${label}, count: ${count * oneOf}\n\n`;
}

function percentileLine({ percentiles, unit }: Histogram): string {
  if (!percentiles) return '';
  const values = Object.entries(percentiles).map(([name, value]) => `${name} = ${value}`);
  return `${values.join(', ')} ${secs(unit)} (within 3.1 %)\n`;
}

function sizeLine({ bytes, count }: Histogram): string {
  return bytes === undefined
    ? ''
    : `avg size = ${Math.round(bytes / count)} bytes, total: ${bytes} bytes\n`;
}

function secs(unit: Histogram['unit']): string {
  return `${unit.replace('s', '')}secs`;
}
