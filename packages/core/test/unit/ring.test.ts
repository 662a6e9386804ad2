import { describe, expect, it } from 'vitest';
import type { NativeRing } from '../../src/native.js';
import { decodeBatch, TypedRing } from '../../src/ring.js';
import { framed, skeleton } from '../fixtures/latency.js';

const layout = skeleton.rings.sleeps;
const bash = { pid: 7, comm: 'bash' };
const full = { pid: 8, comm: 'sixteen-letters!' };

describe('a batch of records', () => {
  it('may be empty, and holds them in order', () => {
    expect(decodeBatch(Buffer.alloc(0), layout)).toEqual([]);
    expect(decodeBatch(Buffer.concat([framed(bash), framed(full)]), layout)).toEqual([bash, full]);
  });

  it('has padding that is no part of a record', () => {
    const dirty = framed(bash);
    dirty.fill(0xff, 28);
    expect(decodeBatch(Buffer.concat([dirty, dirty]), layout)).toEqual([bash, bash]);
    const bare = framed(bash).subarray(0, 28);
    expect(decodeBatch(Buffer.concat([framed(full), bare]), layout)).toEqual([full, bash]);
  });

  it('may hold records longer than their type', () => {
    const long = Buffer.concat([framed(bash), Buffer.alloc(8, 0xff)]);
    long.writeUInt32LE(31, 0);
    expect(decodeBatch(Buffer.concat([long, framed(full)]), layout)).toEqual([bash, full]);
  });

  it.each([
    [
      'a record shorter than its type',
      () => {
        const short = framed(bash);
        short.writeUInt32LE(16, 0);
        return short;
      },
    ],
    ['a record without its last byte', () => framed(bash).subarray(0, 27)],
    ['a header without its record', () => framed(bash).subarray(0, 8)],
    ['half a header', () => Buffer.concat([framed(bash), Buffer.alloc(3)])],
    [
      'a length beyond the batch',
      () => {
        const long = framed(bash);
        long.writeUInt32LE(2 ** 32 - 1, 0);
        return long;
      },
    ],
  ])('is refused with %s', (_, batch) =>
    expect(() => decodeBatch(batch(), layout)).toThrow(RangeError),
  );
});

describe('a ring', () => {
  it('gives batches until its end', async () => {
    const batches = [framed(bash), framed(full), null];
    const native = { read: async () => batches.shift() ?? null } as unknown as NativeRing;
    const seen = [];
    for await (const batch of new TypedRing('sleeps', layout, native)) seen.push(batch);
    expect(seen).toEqual([[bash], [full]]);
  });

  it("turns the add-on's errors into BpfError", async () => {
    const read = async () => {
      throw new Error('{"code":"ECLOSED","op":"ring","subject":"sleeps"}');
    };
    const ring = new TypedRing('sleeps', layout, { read } as unknown as NativeRing);
    await expect(ring[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      name: 'BpfError',
      message: 'ring of "sleeps" failed: ECLOSED',
      exitCode: 1,
    });
  });
});
