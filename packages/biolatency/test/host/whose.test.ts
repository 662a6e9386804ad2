import { host, records, sh } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';
import { loopDevice, type TestDevice } from '../fixtures/device.js';
import { counted, io, trace } from '../fixtures/run.js';

let device: TestDevice;
beforeAll(async () => {
  device = await loopDevice(host);
});
afterAll(() => device.remove());

/** Direct reads of 8 KiB. */
function dd(): Promise<string> {
  return sh(host, `exec dd if=${device.path} of=/dev/null bs=8k count=40 iflag=direct 2>/dev/null`);
}

describe('--slowest', () => {
  it('names who began it, where and how much', async () => {
    const traced = await trace(host, ['--slowest', '-d', device.name], () => dd());
    expect(traced.events).toHaveLength(1);
    const [slowest = {}] = traced.events;
    expect(slowest).toMatchObject({
      comm: 'dd',
      disk: device.name,
      bytes: 8192,
      flags: 'Sync-Read',
    });
    expect(Number(slowest.sector) % 16).toBe(0);
    const slots = traced.histograms[0]?.slots ?? [];
    const last = slots.at(-1);
    const us = Number(slowest.latency_ms) * 1000;
    expect(us).toBeGreaterThanOrEqual(last?.from ?? Number.NaN);
    expect(us).toBeLessThan((last?.to ?? 0) + 1);
  });
});

describe('--slowest of each interval', () => {
  it('is one of its own, however slow those before were', async () => {
    const options = ['--slowest', '-j', '--interval', '0.1', '-d', device.name];
    const tool = host.start([...bin, ...options], { input: '' });
    await tool.waitFor(/Hit Ctrl-C to end/);
    const exemplar = (bytes: number) =>
      tool.waitFor(new RegExp(`"type":"event".*"bytes":${bytes},`));
    // Read in a loop, since this kernel hides some requests.
    const readUntilSeen = async (bytes: number) => {
      const read = `while dd if=${device.path} of=/dev/null bs=${bytes} count=20 iflag=direct; do :; done`;
      const reader = host.start(['timeout', '60', 'sh', '-c', read]);
      await exemplar(bytes);
      reader.signal('SIGTERM');
      await reader.done;
    };
    await readUntilSeen(1 << 20);
    await readUntilSeen(4096);
    tool.signal('SIGINT');
    const { code, stdout } = await tool.done;
    expect(code).toBe(0);
    const events = records(stdout).filter(({ type }) => type === 'event');
    const seqs = events.map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
  });
});

describe('--csv', () => {
  it('has a line for each slot of each interval', async () => {
    const options = ['--csv', '-D', '-F', '-d', device.name, '--interval', '0.2'];
    const tool = host.start([...bin, ...options], { input: '' });
    await tool.waitFor(/Hit Ctrl-C to end/);
    await io(host, device.path, 'read', { count: 100 });
    tool.signal('SIGINT');
    const { code, stdout } = await tool.done;
    expect(code).toBe(0);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toBe('time,interval_s,seq,disk,flags,stage,unit,from,to,count');
    const reads = rows
      .map((row) => row.split(','))
      .filter(([, , , , flags]) => flags === 'Sync-Read');
    for (const [, , , disk, , stage, unit] of reads) {
      expect([disk, stage, unit]).toEqual([device.name, '', 'us']);
    }
    const count = reads.reduce((sum, row) => sum + Number(row.at(-1)), 0);
    // All but what this host's kernel hid from us.
    expect(count).toBeGreaterThan(50);
    expect(count).toBeLessThanOrEqual(100);
  });
});

describe('-d of a partition', () => {
  it('counts that part of the disk alone', async () => {
    // One entry of an MBR: type 83, from sector 2048, 65536 sectors.
    const entry = '\\0\\0\\0\\0\\203\\0\\0\\0\\0\\010\\0\\0\\0\\0\\001\\0';
    await sh(
      host,
      `partx -d $1 2>/dev/null || true
      printf '${entry}' | dd of=$1 bs=1 seek=446 conv=notrunc,fsync 2>/dev/null
      printf '\\125\\252' | dd of=$1 bs=1 seek=510 conv=notrunc,fsync 2>/dev/null
      blockdev --rereadpt $1 2>/dev/null || partx -a $1`,
      device.path,
    );
    const partition = `${device.name}p1`;
    try {
      await sh(host, 'test -e /sys/class/block/$1', partition);
      const traced = await trace(host, ['-d', partition, '-F'], async () => {
        const read = (skip: number, count: number) =>
          sh(
            host,
            `dd if=$1 of=/dev/null bs=4k skip=${skip} count=${count} iflag=direct 2>/dev/null`,
            device.path,
          );
        await read(0, 16);
        await read(256, 30);
        await read(9000, 16);
      });
      expect(counted(traced, { flags: /Read$/ })).toBe(30);
    } finally {
      // It would outlive the device.
      await sh(host, 'partx -d $1', device.path);
    }
  });
});

describe('--slowest for a person', () => {
  it('keeps its columns under long names of flags', async () => {
    const tool = host.start([...bin, '--slowest', '-d', device.name], { input: '' });
    await tool.waitFor(/Hit Ctrl-C to end/);
    await io(host, device.path, 'write', { count: 20 });
    tool.signal('SIGINT');
    const { stdout } = await tool.done;
    const [head = '', row = ''] = stdout.split('\n').slice(-3);
    expect(row).toMatch(/ Idle-Sync-Write \d/);
    expect(head.indexOf('SECTOR')).toBe(
      row.indexOf('Idle-Sync-Write ') + 'Idle-Sync-Write '.length,
    );
    expect(head.indexOf(' CGROUP')).toBe(row.lastIndexOf(' '));
  });
});
