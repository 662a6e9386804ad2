import { beforeEach, describe, expect, it, vi } from 'vitest';
import { objectFile, TypedObject } from '../../src/object.js';
import { freshKernel } from '../fixtures/current-kernel.js';
import type { FakeKernel } from '../fixtures/fake-kernel.js';
import { skeleton } from '../fixtures/latency.js';

vi.mock('../../src/native.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../fixtures/current-kernel.js')).mockedNative,
}));

let kernel: FakeKernel;
beforeEach(() => {
  kernel = freshKernel();
});

describe('an object', () => {
  it('is loaded with its rodata, sizes and programs', async () => {
    kernel.rodata = Buffer.alloc(16, 0xee);
    await TypedObject.load(skeleton, {
      rodata: { min_ns: 10_000_000, only_pid: -1, is_wide: true },
      maxEntries: { starts: 1024, sleeps: 65_536 },
      programs: ['end'],
    });
    expect(kernel.log.slice(1)).toEqual(['configure end', 'load']);
    expect(kernel.rodata.toString('hex')).toBe('8096980000000000ffffffff01eeeeee');
    expect(kernel.maxEntries).toEqual({ starts: 1024, sleeps: 65_536 });
  });

  it('loads all programs, as the object has them, unless told otherwise', async () => {
    kernel.rodata = Buffer.alloc(16, 0xee);
    await TypedObject.load(skeleton);
    expect(kernel.log).toEqual([
      `open ${objectFile(skeleton)}`,
      'configure start,end,kprobe_start',
      'load',
    ]);
    expect(kernel.rodata.every((byte) => byte === 0xee)).toBe(true);
  });

  it('lies in the directory of this architecture, or where it is told', async () => {
    expect(objectFile(skeleton)).toBe(`/nowhere/${process.arch}/latency.bpf.o`);
    await TypedObject.load(skeleton, { file: '/elsewhere/x.o' });
    expect(kernel.log[0]).toBe('open /elsewhere/x.o');
  });

  it('is closed when a value does not fit', async () => {
    await expect(TypedObject.load(skeleton, { rodata: { only_pid: 2 ** 31 } })).rejects.toThrow(
      'rodata variable "only_pid" (s32) cannot hold 2147483648',
    );
    expect(kernel.log.slice(1)).toEqual(['close']);
  });

  it('that does not fit its layout is refused', async () => {
    kernel.mapInfo = [
      { name: 'unknown', keySize: 1, valueSize: 1 },
      { name: 'starts', keySize: 4, valueSize: 16 },
    ];
    await expect(TypedObject.load(skeleton)).rejects.toMatchObject({
      code: 'ESTALE',
      exitCode: 1,
      message:
        'open of "starts" failed: ESTALE: its key and value have 4 and 16 bytes, the layout says 4 and 8; run npm run build',
    });
    expect(kernel.log.at(-1)).toBe('close');
    kernel.mapInfo = [{ name: 'starts', keySize: 8, valueSize: 8 }];
    await expect(TypedObject.load(skeleton)).rejects.toThrow('ESTALE');
  });

  it('detaches what was attached last first, once', async () => {
    const object = await TypedObject.load(skeleton);
    await object.attach('end');
    await object.attach('start');
    await object.detach();
    await object.detach();
    await object.close();
    expect(kernel.log.slice(3)).toEqual([
      'attach end',
      'attach start',
      'detach start',
      'detach end',
      'close',
    ]);
    expect(object.links).toHaveLength(2);
  });

  it('is freed at the end of its block', async () => {
    {
      await using object = await TypedObject.load(skeleton);
      await object.attach('start');
    }
    expect(kernel.log.slice(-2)).toEqual(['detach start', 'close']);
  });
});
