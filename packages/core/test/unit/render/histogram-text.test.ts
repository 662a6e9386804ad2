import { describe, expect, it } from 'vitest';
import { histogramText } from '../../../src/render/histogram-text.js';
import { text } from '../../../src/render/text.js';
import { histogram, type Slot } from '../../../src/report.js';

function of(unit: 'ns' | 'us' | 'ms', slots: readonly Slot[]) {
  return histogram({ unit, labels: {}, slots, sum: 0 });
}

/** Slots of powers of two, from 0 -> 1 on, the empty ones left out. */
function log2(...counts: number[]): Slot[] {
  return counts
    .map((count, i) => ({ from: i === 0 ? 0 : 2 ** i, to: 2 ** (i + 1) - 1, count }))
    .filter(({ count }) => count > 0);
}

// Golden text: bcc tools/biolatency_example.txt (iovisor/bcc 13cdc92e), -D, disk xvdb.
const XVDB = `     usecs               : count     distribution
         0 -> 1          : 0        |                                        |
         2 -> 3          : 0        |                                        |
         4 -> 7          : 0        |                                        |
         8 -> 15         : 0        |                                        |
        16 -> 31         : 0        |                                        |
        32 -> 63         : 0        |                                        |
        64 -> 127        : 0        |                                        |
       128 -> 255        : 1        |                                        |
       256 -> 511        : 33       |**********************                  |
       512 -> 1023       : 36       |************************                |
      1024 -> 2047       : 58       |****************************************|
      2048 -> 4095       : 51       |***********************************     |
      4096 -> 8191       : 21       |**************                          |
      8192 -> 16383      : 2        |*                                       |
`;

// The same example, -Fm, flags Metadata-Read.
const METADATA_READ = `     msecs               : count     distribution
         0 -> 1          : 3        |****************************************|
         2 -> 3          : 2        |**************************              |
         4 -> 7          : 0        |                                        |
         8 -> 15         : 1        |*************                           |
        16 -> 31         : 1        |*************                           |
`;

// bcc tools/funclatency_example.txt (iovisor/bcc 0cf81665), pthread_mutex_lock: its last rows and header.
const MUTEX_LAST = `      2048 -> 4095       : 508967   |****************************************|
      4096 -> 8191       : 70072    |*****                                   |
      8192 -> 16383      : 27686    |**                                      |
     16384 -> 32767      : 5075     |                                        |
     32768 -> 65535      : 2318     |                                        |
     65536 -> 131071     : 581      |                                        |
    131072 -> 262143     : 38       |                                        |
    262144 -> 524287     : 5        |                                        |
    524288 -> 1048575    : 1        |                                        |
   1048576 -> 2097151    : 9        |                                        |
`;

describe('a histogram as text', () => {
  it("is BCC's, rows without a slot included", () => {
    expect(histogramText(of('us', log2(0, 0, 0, 0, 0, 0, 0, 1, 33, 36, 58, 51, 21, 2)))).toBe(XVDB);
    expect(histogramText(of('ms', log2(3, 2, 0, 1, 1)))).toBe(METADATA_READ);
    const mutex = log2(...Array(11).fill(0), 508967, 70072, 27686, 5075, 2318, 581, 38, 5, 1, 9);
    const printed = histogramText(of('ns', mutex));
    expect(printed).toMatch(
      /^ {5}nsecs {15}: count {5}distribution\n {9}0 -> 1 {10}: 0 {8}\| {40}\|\n/,
    );
    expect(printed.slice(-MUTEX_LAST.length)).toBe(MUTEX_LAST);
  });

  it('ends with the last slot that is not empty', () => {
    expect(histogramText(of('us', [...log2(3, 2), { from: 4, to: 7, count: 0 }]))).toBe(
      histogramText(of('us', log2(3, 2))),
    );
  });

  it('adds finer slots up', () => {
    const fine = [
      { from: 0, to: 0, count: 1 },
      { from: 1, to: 1, count: 2 },
      { from: 2, to: 2, count: 2 },
      { from: 8, to: 9, count: 1 },
      { from: 16, to: 19, count: 1 },
    ];
    expect(histogramText(of('ms', fine))).toBe(METADATA_READ);
  });

  // bcc src/python/bcc/table.py, _print_log2_hist: from 2^32 on, wide numbers and 20 stars.
  it('is wide from 2^32 on', () => {
    const printed = histogramText(
      of('ns', [
        { from: 2 ** 31, to: 2 ** 32 - 1, count: 3 },
        { from: 2 ** 32, to: 2 ** 33 - 1, count: 6 },
      ]),
    );
    expect(printed.split('\n')[0]).toBe(
      `${' '.repeat(15)}nsecs${' '.repeat(24)} : count     distribution`,
    );
    expect(printed.split('\n').slice(-3)).toEqual([
      '          2147483648 -> 4294967295           : 3        |**********          |',
      '          4294967296 -> 8589934591           : 6        |********************|',
      '',
    ]);
    expect(histogramText(of('ns', [{ from: 2 ** 31, to: 2 ** 32 - 1, count: 3 }]))).toMatch(
      /^ {5}nsecs/,
    );
  });

  it('is nothing when it is empty', () => {
    expect(histogramText(of('us', []))).toBe('');
    expect(histogramText(of('us', [{ from: 0, to: 1, count: 0 }]))).toBe('');
  });

  it('stands below its labels, escaped', () => {
    const report = histogram({
      unit: 'us',
      labels: { disk: 'v\u001bda', flags: 'Read' },
      slots: log2(1),
      sum: 1,
    });
    expect(text().report(report).split('\n').slice(1, 5)).toEqual([
      '',
      'disk = v\\x1bda',
      'flags = Read',
      '     usecs               : count     distribution',
    ]);
  });

  it('counts what its slots hold', () => {
    expect(of('us', log2(3, 0, 4)).count).toBe(7);
  });
});
