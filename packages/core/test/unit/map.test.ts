import { describe, expect, it } from 'vitest';
import type { Codec } from '../../src/layout.js';
import { TypedMap } from '../../src/map.js';
import type { NativeMap } from '../../src/native.js';
import { FakeKernel } from '../fixtures/fake-kernel.js';
import { KEY_ZERO, skeleton, statsBytes } from '../fixtures/latency.js';

async function opened(kernel = new FakeKernel()) {
  const object = kernel.module.BpfObject.open('x');
  const starts = new TypedMap(
    'starts',
    skeleton.maps.starts,
    object.map('starts') as unknown as NativeMap,
  );
  const stats = new TypedMap(
    'stats',
    skeleton.maps.stats,
    object.map('stats') as unknown as NativeMap,
  );
  return { kernel, starts, stats };
}

describe('a map', () => {
  it('takes keys and values as they are', async () => {
    const { kernel, starts } = await opened();
    expect(starts.get(258)).toBeUndefined();
    starts.set(258, 2 ** 40);
    expect(kernel.log.at(-1)).toBe('set starts 02010000=0000000000010000');
    expect(starts.get(258)).toBe(2 ** 40);
    expect(starts.delete(258)).toBe(true);
    expect(starts.delete(258)).toBe(false);
  });

  it('is read whole, and emptied by drain', async () => {
    const { starts } = await opened();
    starts.set(1, 10);
    starts.set(2, 20);
    expect(await starts.snapshot()).toEqual([
      [1, 10],
      [2, 20],
    ]);
    expect(await starts.drain()).toEqual([
      [1, 10],
      [2, 20],
    ]);
    expect(await starts.count()).toBe(0);
    expect(starts.usedMax).toBe(2);
  });

  it('never shows the value of one CPU for that of all', async () => {
    const { kernel, stats } = await opened();
    kernel.put('stats', KEY_ZERO, statsBytes({ events: 3 }, { events: 4 }));
    expect(stats.perCpu(0).map(({ events }) => events)).toEqual([3, 4]);
    expect(() => stats.get(0)).toThrow('map "stats" has a value for each CPU: use perCpu');
    await expect(stats.snapshot()).rejects.toThrow(TypeError);
    await expect(stats.drain()).rejects.toThrow(TypeError);
    expect(await stats.count()).toBe(1);
  });

  it('rounds the values of CPUs up to 8 bytes', () => {
    const value: Codec<number> = { size: 4, decode: (bytes, at) => bytes.readUInt32LE(at) };
    const bytes = Buffer.from('01000000ffffffff02000000ffffffff', 'hex');
    const layout = { ...skeleton.maps.stats, valueSize: 4, value };
    expect(
      new TypedMap('odd', layout, { get: () => bytes } as unknown as NativeMap).perCpu(0),
    ).toEqual([1, 2]);
  });

  it('has no values of CPUs where the key is not there', async () => {
    const { stats } = await opened();
    expect(stats.perCpu(0)).toEqual([]);
  });

  it('cannot write what can only be read, nor a key that does not fit', async () => {
    const { starts, stats } = await opened();
    expect(() => stats.set(0, stats.perCpu(0)[0] as never)).toThrow(
      'map "stats": this type can only be read',
    );
    expect(() => starts.set(2 ** 32, 1)).toThrow(RangeError);
  });

  it("turns the add-on's errors into BpfError", async () => {
    const kernel = new FakeKernel();
    kernel.failures.get = { code: 'ECLOSED', op: 'map', subject: 'starts' };
    const { starts } = await opened(kernel);
    expect(() => starts.get(1)).toThrow(
      expect.objectContaining({ name: 'BpfError', code: 'ECLOSED' }),
    );
  });
});
