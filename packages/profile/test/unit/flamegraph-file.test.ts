import type { Summary } from '@probekit/core';
import { flamegraph } from '@probekit/flamegraph';
import { describe, expect, it } from 'vitest';
import { pageFile, pictureFile } from '../../src/flamegraph-file.js';
import { summaryLine } from '../../src/summary-line.js';
import { ARGS, LOST } from '../fixtures/profiled.js';

const whole = {
  reported: 5429,
  lost: LOST,
  missed: 0,
  quality: { missed_user_stacks: 0, missed_kernel_stacks: 0 },
  durationS: 30.04,
} as unknown as Summary;

describe('the quality of a run', () => {
  it.each<[Partial<Summary>, string]>([
    [{}, 'none lost'],
    [{ lost: { ...LOST, map_full: 7 } }, '7 lost (map_full)'],
    [{ missed: 4 }, '4 missed by the kernel'],
    [{ missed: null }, 'the kernel does not count what it missed'],
    [
      { quality: { missed_user_stacks: 2, missed_kernel_stacks: 3 } },
      '2 user stacks missing, 3 kernel stacks missing',
    ],
    [
      { quality: { complete: 90, truncated: 9, unresolved: 1 } },
      'none lost, 90.0 % complete, 9.0 % truncated, 1.0 % unresolved',
    ],
  ])('%j is told as a line', (changed, wanted) => {
    expect(summaryLine({ ...whole, ...changed })).toBe(`5,429 samples, ${wanted}`);
  });

  it.each([
    ['blocked_us', '12,345 microseconds blocked in 5,429 waits, none lost'],
    ['off_cpu_us', '12,345 microseconds off CPU in 5,429 waits, none lost'],
  ])('off the CPU begins with %s', (key, wanted) => {
    expect(summaryLine({ ...whole, quality: { [key]: 12_345 } })).toBe(wanted);
  });

  it('stands in the picture, with what was sampled', async () => {
    const { convert } = pictureFile({
      ...ARGS,
      minBlock: undefined,
      maxBlock: undefined,
      pid: [812],
      tid: [],
      cpu: [0, 1],
      frequency: 99,
    });
    const svg = await convert(Buffer.from('main;work_[k] 5429\n'), { ...whole, missed: 4 });
    const wanted = await flamegraph('main;work_[k] 5429\n', {
      title: 'CPU flame graph',
      subtitle: 'pid 812 on CPU 0, 1, 99 Hertz, 30.0 s · 5,429 samples, 4 missed by the kernel',
    });
    expect(svg.equals(wanted.svg)).toBe(true);
    expect(svg.toString()).toContain('4 missed by the kernel</text>');
    await expect(convert(Buffer.from(''), whole)).rejects.toThrow('nothing ran on a CPU');
  });

  it.each([
    [undefined, ''],
    ['tid', ''],
    ['pid', ''],
    ['comm', 'name'],
    ['container', 'container'],
  ] as const)('a page with --root=%s calls first frames "%s"', async (root, wanted) => {
    const args = { ...ARGS, minBlock: undefined, maxBlock: undefined, pid: [], tid: [], cpu: [] };
    const html = await pageFile({ ...args, root }).convert(Buffer.from('a;b 1\n'), whole);
    expect(/"roots":"(\w*)"/.exec(html.toString())?.[1]).toBe(wanted);
  });
});
