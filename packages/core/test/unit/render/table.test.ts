import { describe, expect, it } from 'vitest';
import { text } from '../../../src/render/text.js';
import { type Column, rows } from '../../../src/report.js';

interface Operation {
  readonly time: string;
  readonly comm: string;
  readonly pid: number;
  readonly op: string;
  readonly bytes: number | null;
  readonly offset: bigint;
  readonly latencyUs: number;
  readonly file: string;
}

const columns: readonly Column<Operation>[] = [
  { key: 'time', header: 'TIME', width: -8, get: ({ time }) => time },
  { key: 'comm', header: 'COMM', width: -14, get: ({ comm }) => comm },
  { key: 'pid', header: 'PID', width: -6, get: ({ pid }) => pid },
  { key: 'op', header: 'T', width: 1, get: ({ op }) => op },
  { key: 'bytes', header: 'BYTES', width: -7, get: ({ bytes }) => bytes },
  {
    key: 'offset_bytes',
    header: 'OFF_KB',
    width: -8,
    get: ({ offset }) => offset,
    format: ({ offset }) => String(offset >> 10n),
  },
  {
    key: 'latency_ms',
    header: 'LAT(ms)',
    width: 7,
    get: ({ latencyUs }) => latencyUs / 1000,
    format: ({ latencyUs }) => (latencyUs / 1000).toFixed(2),
  },
  { key: 'file', header: 'FILENAME', width: -1, get: ({ file }) => file },
];

const cron: Operation = {
  time: '06:35:01',
  comm: 'cron',
  pid: 16464,
  op: 'R',
  bytes: 1249,
  offset: 0n,
  latencyUs: 16050,
  file: 'common-auth',
};

// Golden text: bcc tools/ext4slower_example.txt (iovisor/bcc 0cc65a73).
const GOLDEN = `TIME     COMM           PID    T BYTES   OFF_KB   LAT(ms) FILENAME
06:35:01 cron           16464  R 1249    0          16.05 common-auth
06:49:17 aptitude-curse 3616   R 65536   384         1.69 aptitude-curses
`;

describe('a table', () => {
  it("is BCC's", () => {
    const aptitude = {
      ...cron,
      time: '06:49:17',
      comm: 'aptitude-curse',
      pid: 3616,
      bytes: 65536,
      offset: 393216n,
      latencyUs: 1690,
      file: 'aptitude-curses',
    };
    expect(text().report(rows(columns, [cron, aptitude]))).toBe(GOLDEN);
  });

  it('has its header once', () => {
    const renderer = text();
    expect(renderer.report(rows(columns, [cron])).split('\n')).toHaveLength(3);
    expect(renderer.report(rows(columns, [cron, cron])).split('\n')).toHaveLength(3);
    expect(renderer.report(rows(columns, []))).toBe('');
  });

  it('shows null as - and widens a cell rather than cutting it', () => {
    const line = text()
      .report(rows(columns, [{ ...cron, comm: 'a-name-of-19-letter', bytes: null }]))
      .split('\n')[1];
    expect(line).toBe('06:35:01 a-name-of-19-letter 16464  R -       0          16.05 common-auth');
  });

  it('keeps a name that holds lines and escape sequences on one harmless line', () => {
    const printed = text().report(rows(columns, [{ ...cron, file: 'a\nb\u001b[2J\u009b\u202e' }]));
    expect(printed.split('\n')).toHaveLength(3);
    expect(printed).toContain('a\\x0ab\\x1b[2J\\x9b\\u{202e}\n');
  });
});
