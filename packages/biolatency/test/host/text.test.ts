import { host } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';
import { loopDevice, type TestDevice } from '../fixtures/device.js';
import { io } from '../fixtures/run.js';

const READS = 100;
let device: TestDevice;
beforeAll(async () => {
  device = await loopDevice(host, 'mq-deadline');
});
afterAll(() => device.remove());

/** What a person sees of reads in the first of two intervals. */
async function printed(...options: string[]): Promise<string> {
  const tool = host.start([...bin, ...options, '-d', device.name, '1', '2'], { input: '' });
  await tool.waitFor(/Hit Ctrl-C to end/);
  await io(host, device.path, 'read', { count: READS });
  const { code, stdout, stderr } = await tool.done;
  expect(code, stderr).toBe(0);
  return stdout;
}

/** The sum of a histogram's rows. */
function countOf(text: string): number {
  const rows = [...text.matchAll(/^ {0,9}\d+ -> \d+ {0,9} : (\d+) {1,7} \|[* ]{40}\|$/gm)];
  return rows.reduce((sum, [, count]) => sum + Number(count), 0);
}

it('-mDT prints for each interval the time, and for each disk its milliseconds', async () => {
  const text = await printed('-mDT');
  expect(text.match(/^\d\d:\d\d:\d\d$/gm)).toHaveLength(2);
  const [first] = text.split(/^\d\d:\d\d:\d\d$/m).slice(1);
  expect(first).toContain(
    `\ndisk = ${device.name}\n     msecs               : count     distribution\n`,
  );
  // All but what this host's kernel hid from us.
  expect(countOf(text)).toBeGreaterThan(READS / 2);
  expect(countOf(text)).toBeLessThanOrEqual(READS);
});

it('-QFe prints for each operation its microseconds, and their average', async () => {
  const operations = (await printed('-QFe')).split(/^flags = /m).slice(1);
  const reads = operations.find((text) => text.startsWith('Sync-Read\n')) ?? '';
  expect(reads).toMatch(/^.*\n {5}usecs {15}: count {5}distribution\n/);
  const [, count] = /^avg = \d+ usecs, total: \d+ usecs, count: (\d+)$/m.exec(reads) ?? [];
  expect(Number(count)).toBeGreaterThan(READS / 2);
  expect(countOf(reads)).toBe(Number(count));
});
