import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addresses,
  bigint,
  text,
  u8,
  u32,
  u64,
  type VariableKind,
  writeRodata,
} from '../../src/layout.js';

const BYTES = Buffer.from('0102030405060708ffffffffffffffff', 'hex');

describe('a codec', () => {
  it('reads little-endian bytes', () => {
    expect(u8.decode(BYTES, 1)).toBe(2);
    expect(u32.decode(BYTES, 0)).toBe(0x04030201);
    expect(u32.decode(BYTES, 8)).toBe(2 ** 32 - 1);
    expect(u64.decode(Buffer.from('ffffffffffff1f00', 'hex'), 0)).toBe(Number.MAX_SAFE_INTEGER);
    expect(u64.decode(Buffer.from('0000000001000000', 'hex'), 0)).toBe(2 ** 32);
    expect(bigint.decode(BYTES, 0)).toBe(0x0807060504030201n);
    expect(bigint.decode(BYTES, 8)).toBe(2n ** 64n - 1n);
  });

  it.each([
    ['u8', u8, 255, 'ff'],
    ['u32', u32, 0x01020304, '04030201'],
    ['u32', u32, 2 ** 32 - 1, 'ffffffff'],
    ['u64', u64, Number.MAX_SAFE_INTEGER, 'ffffffffffff1f00'],
  ] as const)('%s writes %3$s', (_, codec, value, hex) => {
    expect(codec.encode?.(value).toString('hex')).toBe(hex);
    expect(codec.decode(Buffer.from(hex, 'hex'), 0)).toBe(value);
  });

  it('bigint writes 64 bits', () => {
    expect(bigint.encode?.(2n ** 64n - 2n).toString('hex')).toBe('feffffffffffffff');
  });

  it.each([
    ['u8', u8, [256, -1, 1.5, Number.NaN]],
    ['u32', u32, [2 ** 32, -1, 1.5, Number.NaN]],
    ['u64', u64, [2 ** 64, -1, 1.5, Number.NaN]],
  ] as const)('%s refuses what does not fit', (_, codec, values) => {
    for (const value of values) expect(() => codec.encode?.(value)).toThrow(RangeError);
  });

  it('bigint refuses what does not fit', () => {
    for (const value of [2n ** 64n, -1n]) expect(() => bigint.encode?.(value)).toThrow(RangeError);
  });
});

describe('text', () => {
  const at = (given: string | Buffer, size: number, offset = 0) =>
    text(Buffer.from(given as string), offset, size);

  it.each([
    ['ends at the first NUL', 'bash\0junk', 'bash'],
    ['is all of it without one', 'sixteen-letters!', 'sixteen-letters!'],
    ['may be empty', '\0\0\0', ''],
    ['keeps control characters', '\u001b[2J\n\u007f\0', '\u001b[2J\n\u007f'],
    ['is UTF-8', 'größe-磁盘\0x', 'größe-磁盘'],
  ])('%s', (_, given, expected) => expect(at(given, Buffer.byteLength(given))).toBe(expected));

  it('shows bytes that are no UTF-8 as replacement characters', () => {
    expect(at(Buffer.from([0x61, 0xff, 0x62, 0]), 4)).toBe('a\ufffdb');
    expect(at(Buffer.from([0x61, 0x80, 0xc0, 0xaf, 0]), 5)).toBe('a\ufffd\ufffd\ufffd');
  });

  it('shows a character that the size cuts as a replacement character', () => {
    const comm = Buffer.from('fifteen-letter-é');
    expect(comm).toHaveLength(17);
    expect(text(comm, 0, 16)).toBe('fifteen-letter-\ufffd');
    expect(text(Buffer.from('é'), 0, 1)).toBe('\ufffd');
  });

  it('is that of its own bytes, however many others were read before', () => {
    const names = fc.array(fc.uint8Array({ maxLength: 20, max: 200 }), {
      minLength: 300,
      maxLength: 600,
    });
    fc.assert(
      fc.property(names, fc.integer({ min: 0, max: 3 }), (given, at) => {
        for (const bytes of [...given, ...given]) {
          const [upToNul = ''] = Buffer.from(bytes).toString('latin1').split('\0');
          const expected = Buffer.from(upToNul, 'latin1').toString('utf8');
          const placed = Buffer.concat([Buffer.alloc(at, 0x61), bytes, Buffer.from('after')]);
          expect(text(placed, at, bytes.length)).toBe(expected);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('reads neither before its place nor after its size', () => {
    expect(at('xxabyyé', 2, 2)).toBe('ab');
    expect(at('éabcé\0', 3, 2)).toBe('abc');
    expect(at(Buffer.from('xé\0\0', 'utf8'), 3, 1)).toBe('é');
    expect(text(Buffer.from('éxx\0'), 0, 2)).toBe('é');
  });
});

describe('addresses', () => {
  it('are a copy', () => {
    const bytes = Buffer.from(BYTES);
    const copy = addresses(bytes, 0, 2);
    bytes.fill(0);
    expect(copy).toEqual(BigUint64Array.of(0x0807060504030201n, 2n ** 64n - 1n));
  });

  it('may begin anywhere', () => {
    expect(addresses(Buffer.concat([Buffer.alloc(3), BYTES]), 3, 1)).toEqual(
      BigUint64Array.of(0x0807060504030201n),
    );
  });
});

describe('rodata', () => {
  const one = (
    kind: VariableKind,
    size: number,
    value: number | bigint | boolean,
    image = Buffer.alloc(16, 0xaa),
  ) => {
    writeRodata(image, { v: { offset: 4, size, kind } }, { v: value });
    expect(image.subarray(0, 4).toString('hex')).toBe('aaaaaaaa');
    expect(image.subarray(4 + size).every((byte) => byte === 0xaa)).toBe(true);
    return image.subarray(4, 4 + size).toString('hex');
  };

  it.each([
    ['bool', 1, true, '01'],
    ['bool', 1, false, '00'],
    ['u8', 1, 255, 'ff'],
    ['s8', 1, -128, '80'],
    ['u16', 2, 65535, 'ffff'],
    ['s16', 2, -2, 'feff'],
    ['u32', 4, 2 ** 32 - 1, 'ffffffff'],
    ['s32', 4, -1, 'ffffffff'],
    ['u64', 8, 2 ** 53, '0000000000002000'],
    ['s64', 8, -1, 'ffffffffffffffff'],
    ['bigint', 8, 2n ** 64n - 1n, 'ffffffffffffffff'],
    ['u64', 8, 2n ** 63n, '0000000000000080'],
  ] as const)('%s of %d bytes holds %s', (kind, size, value, hex) =>
    expect(one(kind, size, value)).toBe(hex),
  );

  it.each([
    ['bool', 1, 2],
    ['u8', 1, 256],
    ['u8', 1, -1],
    ['s8', 1, 128],
    ['s8', 1, -129],
    ['u16', 2, 65536],
    ['s16', 2, 32768],
    ['u32', 4, 2 ** 32],
    ['u32', 4, -1],
    ['s32', 4, 2 ** 31],
    ['s32', 4, -(2 ** 31) - 1],
    ['u64', 8, -1],
    ['u64', 8, 2n ** 64n],
    ['s64', 8, 2n ** 63n],
    ['bigint', 8, -1n],
    ['u32', 4, 1.5],
    ['u32', 4, Number.NaN],
    ['u64', 8, Number.POSITIVE_INFINITY],
  ] as const)('%s of %d bytes refuses %s and stays as it is', (kind, size, value) => {
    const image = Buffer.alloc(16, 0xaa);
    expect(() => one(kind, size, value, image)).toThrow(RangeError);
    expect(image.every((byte) => byte === 0xaa)).toBe(true);
  });

  it('leaves a variable without a value as the object has it', () => {
    const image = Buffer.alloc(4, 7);
    writeRodata(image, { v: { offset: 0, size: 4, kind: 'u32' } }, { v: undefined });
    expect(image.toString('hex')).toBe('07070707');
  });

  it('refuses a name that is not there, and a place outside the image', () => {
    expect(() => writeRodata(Buffer.alloc(4), {}, { toString: 1 })).toThrow(
      'no rodata variable "toString"',
    );
    expect(() => one('u32', 4, 1, Buffer.alloc(6))).toThrow(RangeError);
  });
});
