import { constants } from 'node:os';
import { type Column, csv, type Renderer, rows, textRenderer, wallTime } from '@probekit/core';
import { Mounts } from './mounts.js';
import { OPERATIONS } from './operations.js';
import { shortened } from './path.js';
import { type Row, TRAIT } from './row.js';

/** Of two names of one number the first: EAGAIN, not EWOULDBLOCK. */
const ERRNO = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number as number, name]),
);

const errnoName = ({ error }: Row) => (error === 0 ? null : (ERRNO.get(error) ?? String(error)));
const opName = ({ op }: Row) => OPERATIONS[op] ?? String(op);
const endNs = ({ startNs, latencyNs }: Row) => startNs + latencyNs;
const bytes = (row: Row) => (row.traits & TRAIT.bytes ? row.bytes : null);
const offset = (row: Row) => (row.traits & TRAIT.offset ? row.offset : null);
const has = (bit: number) => (row: Row) => (row.traits & bit) !== 0;

/** For a person: the file, what became of its name, and what a rename made of it. */
const named = (row: Row) =>
  [
    row.path ? shortened(row.path.text) : '?',
    has(TRAIT.deleted)(row) ? ' (deleted)' : '',
    row.to ? ` -> ${shortened(row.to.text)}` : '',
  ].join('');

const mounts = new Mounts();

/** A name alone has no mount: then it is that of its whole file system. */
const mountOf = (row: Row) =>
  has(TRAIT.name)(row) ? mounts.rootOf(row.dev, row.pid) : mounts.get(row.mount, row.pid);

let lastTime = '';
let lastClock = '';

/** The local time of day. */
function clock(time: string): string {
  if (time !== lastTime) {
    lastTime = time;
    lastClock = new Date(time).toTimeString().slice(0, 8);
  }
  return lastClock;
}

/** Every value of an operation, in the order of JSON and CSV. */
export const columns: readonly Column<Row>[] = [
  {
    key: 'time',
    header: 'TIME',
    width: -8,
    get: (row) => wallTime(endNs(row)),
    format: (row) => clock(wallTime(endNs(row))),
  },
  {
    key: 'comm',
    header: 'COMM',
    width: -14,
    get: ({ comm }) => comm,
    format: ({ comm }) => comm.slice(0, 14),
  },
  { key: 'pid', header: 'PID', width: -6, get: ({ pid }) => pid },
  { key: 'tid', header: 'TID', width: -6, get: ({ tid }) => tid },
  { key: 'op', header: 'T', width: -1, get: opName },
  {
    key: 'bytes',
    header: 'BYTES',
    width: -7,
    get: bytes,
    // A failure says why in place of a size; an open has none, and BCC prints 0.
    format: (row) => errnoName(row) ?? String(bytes(row) ?? (opName(row) === 'O' ? 0 : '-')),
  },
  {
    key: 'offset_bytes',
    header: 'OFF_KB',
    width: -8,
    get: offset,
    format: (row) => String(Math.floor((offset(row) ?? 0) / 1024)),
  },
  {
    key: 'latency_ms',
    header: 'LAT(ms)',
    width: 7,
    get: ({ latencyNs }) => latencyNs / 1e6,
    format: ({ latencyNs }) => (latencyNs / 1e6).toFixed(2),
  },
  { key: 'errno', header: 'ERRNO', width: -8, get: errnoName },
  {
    key: 'file',
    header: 'FILENAME',
    width: -1,
    get: ({ path }) => path?.text ?? null,
    format: named,
  },
  { key: 'mount', header: 'MOUNT', width: -1, get: mountOf },
  { key: 'file_base64', header: 'BASE64', width: -1, get: ({ path }) => path?.base64 ?? null },
  { key: 'file_truncated', header: 'CUT', width: -5, get: has(TRAIT.cut) },
  { key: 'deleted', header: 'DELETED', width: -5, get: has(TRAIT.deleted) },
  { key: 'async', header: 'ASYNC', width: -5, get: has(TRAIT.async) },
  { key: 'new_file', header: 'NEW', width: -1, get: ({ to }) => to?.text ?? null },
  { key: 'new_file_base64', header: 'NEW64', width: -1, get: ({ to }) => to?.base64 ?? null },
];

const IN_TEXT = new Set([
  'time',
  'comm',
  'pid',
  'op',
  'bytes',
  'offset_bytes',
  'latency_ms',
  'file',
]);

/** For a person: BCC's columns. */
export function text(): Renderer {
  return only(
    columns.filter(({ key }) => IN_TEXT.has(key)),
    textRenderer(),
  );
}

/** BCC's own columns of its -j, and no others. */
export const parsable: readonly Column<Row>[] = [
  { key: 'ENDTIME_us', header: '', width: 0, get: (row) => Math.floor(endNs(row) / 1e3) },
  { key: 'TASK', header: '', width: 0, get: ({ comm }) => comm },
  { key: 'PID', header: '', width: 0, get: ({ pid }) => pid },
  { key: 'TYPE', header: '', width: 0, get: opName },
  { key: 'BYTES', header: '', width: 0, get: bytes },
  { key: 'OFFSET_b', header: '', width: 0, get: offset },
  { key: 'LATENCY_us', header: '', width: 0, get: (row) => Math.floor(row.latencyNs / 1e3) },
  { key: 'FILE', header: '', width: 0, get: ({ path }) => path?.text ?? null },
];

/** These columns of rows, their header even where there are none, and no histograms: those have other columns. */
export function rowsAsCsv(shown: readonly Column<Row>[]): Renderer {
  const inner = csv();
  return {
    begin: () => inner.report(rows(shown, [])),
    report: (report) => (report.type === 'rows' ? only(shown, inner).report(report) : ''),
  };
}

/** Shows these columns of each row. */
function only(shown: readonly Column<Row>[], inner: Renderer): Renderer {
  return {
    report: (report) =>
      inner.report(
        report.type === 'rows' ? { ...report, columns: shown as typeof report.columns } : report,
      ),
  };
}
