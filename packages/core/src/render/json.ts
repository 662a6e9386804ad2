import { ACTIVE } from '../escape.js';
import type { Body, Column, Histogram, Meta, Rows, Stacks, Summary } from '../report.js';
import { frameNames } from './frames.js';
import type { Renderer } from './renderer.js';

/**
 * NDJSON, one object a line (schema/report.schema.json): names exact, 64-bit ids and addresses as strings,
 * control characters and marks of direction escaped so that a terminal is not touched.
 */
export function json(): Renderer {
  return {
    begin: (meta) => record(metaFields(meta)),
    report: (report) => body(report),
    end: (summary) => record(summaryFields(summary)),
  };
}

/** The last line of a run that failed. */
export function jsonError(fields: { message: string; code?: string; exit: number }): string {
  return record({ type: 'error', ...fields });
}

function body(report: Body): string {
  switch (report.type) {
    case 'rows':
      return events(report);
    case 'stacks':
      return stacks(report);
    case 'histogram':
      return record({
        type: report.type,
        time: report.time,
        unit: report.unit,
        labels: report.labels,
        slots: report.slots.filter(({ count }) => count > 0),
        count: report.count,
        sum: report.sum,
        bytes: report.bytes,
        one_of: report.oneOf,
        percentiles: report.percentiles,
        ...interval(report),
      });
    case 'quality':
    case 'notice':
      return record(report);
  }
}

function interval({ intervalS, seq }: Histogram | Rows): { interval_s?: number; seq?: number } {
  return intervalS === undefined || seq === undefined ? {} : { interval_s: round(intervalS), seq };
}

/** Seconds to the microsecond. */
function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function stacks({ time, entries }: Stacks): string {
  return entries
    .map(({ pid, tid, comm, container, user, kernel, truncated, count, offCpuUs }) =>
      record({
        type: 'stack',
        time,
        pid,
        tid,
        comm,
        container,
        user: frameNames(user, 'User').reverse(),
        kernel: frameNames(kernel, 'Kernel').reverse(),
        ...(truncated ? { truncated } : {}),
        count,
        off_cpu_us: offCpuUs,
      }),
    )
    .join('');
}

/** Straight concatenation: this is the path of every single event in a flood. */
function events(report: Rows): string {
  const { columns, rows } = report;
  const last = Object.entries(interval(report))
    .map(([key, given]) => `,${quote(key)}:${given}`)
    .join('');
  const keys = columns.map(({ key }) => `,${quote(key)}:`);
  const getters = columns.map(({ get }) => get);
  let text = '';
  for (const row of rows) {
    text += '{"type":"event"';
    for (let i = 0; i < getters.length; i++) {
      text += keys[i] as string;
      text += value((getters[i] as Column<unknown>['get'])(row));
    }
    text += `${last}}\n`;
  }
  return text;
}

function value(given: string | number | bigint | boolean | null): string {
  switch (typeof given) {
    case 'number':
      return Number.isFinite(given) ? `${given}` : 'null';
    case 'string':
      return quote(given);
    case 'bigint':
      return `"${given}"`;
    default:
      return String(given);
  }
}

const PLAIN = /^[ !#-[\]-~]*$/;

/** The strings of rows repeat; this many are kept quoted. */
const KEPT = 1024;
const kept = new Map<string, string>();

function quote(text: string): string {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const quoted = PLAIN.test(text) ? `"${text}"` : harmless(JSON.stringify(text));
  if (kept.size === KEPT) kept.clear();
  kept.set(text, quoted);
  return quoted;
}

function harmless(line: string): string {
  return line.replace(
    ACTIVE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function record(fields: object): string {
  return `${harmless(JSON.stringify(fields, (_, given) => (typeof given === 'bigint' ? String(given) : given)))}\n`;
}

function metaFields({ header: _, type, options, ...rest }: Meta): object {
  return { type, ...rest, options: snakeCase(options) };
}

function summaryFields(summary: Summary): object {
  const maps = Object.entries(summary.maps).map(([name, use]) => [name, snakeCase(use)]);
  const programs = Object.entries(summary.programs ?? {}).map(([name, cost]) => [
    name,
    snakeCase(cost),
  ]);
  return {
    ...snakeCase(summary),
    maps: Object.fromEntries(maps),
    ...(summary.programs ? { programs: Object.fromEntries(programs) } : {}),
  };
}

function snakeCase(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, given]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      given,
    ]),
  );
}
