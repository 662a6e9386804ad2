import { histogram, notice, rows } from '@probekit/core';
import { expect, it } from 'vitest';
import { parsable, rowsAsCsv } from '../../src/columns.js';
import type { Row } from '../../src/row.js';

const row: Row = {
  startNs: 1e9,
  latencyNs: 2_500_999,
  offset: 4096,
  bytes: 10,
  pid: 7,
  tid: 8,
  error: 0,
  pathBytes: 2,
  toBytes: 0,
  mount: 0,
  dev: 0,
  comm: 'a,b',
  op: 0,
  traits: 1 | 2 | 8,
  path: { text: '/a', base64: null },
  to: null,
};

it('CSV has rows alone, whatever comes first, and its header before them', () => {
  const csv = rowsAsCsv(parsable);
  const head = csv.begin?.({} as never);
  expect(head).toBe('ENDTIME_us,TASK,PID,TYPE,BYTES,OFFSET_b,LATENCY_us,FILE\n');
  const slots = [{ from: 0, to: 1, count: 1 }];
  expect(csv.report(histogram({ unit: 'us', labels: { op: 'R' }, slots, sum: 1 }))).toBe('');
  expect(csv.report(notice('x'))).toBe('');
  const line = '1002500,"a,b",7,R,10,4096,2500,/a\n';
  expect(csv.report(rows(parsable, [row, row]))).toBe(line + line);
});
