/** How bytes of one type are read and, where the type is small enough to be a key, written. */
export interface Codec<T> {
  readonly size: number;
  decode(bytes: Buffer, at: number): T;
  encode?(value: T): Buffer;
}

export interface MapLayout<K = unknown, V = unknown> {
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly key: Codec<K>;
  readonly value: Codec<V>;
}

export interface RingLayout<R = unknown> {
  /** Of a record. */
  readonly size: number;
  /** Of the ring, in bytes. */
  readonly maxEntries: number;
  decode(bytes: Buffer, at: number): R;
}

/** A variable of .rodata: set before load, constant for the verifier. */
export interface Variable {
  readonly offset: number;
  readonly size: number;
  readonly kind: VariableKind;
}

export type VariableKind =
  | 'bool'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 's8'
  | 's16'
  | 's32'
  | 's64'
  | 'bigint';

/** What scripts/layout.mjs writes for a BPF object, from the object's own BTF. */
export interface Skeleton {
  readonly name: string;
  /** The directory that holds `<arch>/<name>.bpf.o`. */
  readonly object: URL;
  readonly programs: Readonly<Record<string, { readonly section?: string }>>;
  // biome-ignore lint/suspicious/noExplicitAny: each map has types of its own; inference recovers them from the generated constant.
  readonly maps: Readonly<Record<string, MapLayout<any, any>>>;
  // biome-ignore lint/suspicious/noExplicitAny: likewise.
  readonly rings: Readonly<Record<string, RingLayout<any>>>;
  readonly rodata: Readonly<Record<string, Variable>>;
}

type ValueOf<Kind extends VariableKind> = Kind extends 'bool'
  ? boolean
  : Kind extends 'bigint'
    ? bigint
    : number;

/** The values that a tool may set before load, by the names of the C variables. */
export type Rodata<S extends Skeleton> = {
  readonly [K in keyof S['rodata']]?: ValueOf<S['rodata'][K]['kind']>;
};

/** A C string: what stands before the first NUL, as UTF-8 with replacement characters where it is not. */
export function text(bytes: Buffer, at: number, size: number): string {
  let length = 0;
  let hash = 0;
  while (length < size) {
    const byte = bytes[at + length] as number;
    if (byte === 0) break;
    hash = (Math.imul(hash, 31) + byte) | 0;
    length++;
  }
  const slot = hash & (RECENT - 1);
  const known = recent[slot];
  if (known && known.hash === hash && holds(bytes, at, length, known.bytes)) return known.text;
  const copy = Uint8Array.prototype.slice.call(bytes, at, at + length);
  const decoded = bytes.toString('utf8', at, at + length);
  recent[slot] = { hash, bytes: copy, text: decoded };
  return decoded;
}

/** Names repeat: decoding one anew for each of a million records would cost more than all its numbers. */
const RECENT = 256;
const recent: ({ hash: number; bytes: Uint8Array; text: string } | undefined)[] =
  Array(RECENT).fill(undefined);

function holds(bytes: Buffer, at: number, length: number, known: Uint8Array): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== known[i]) return false;
  return true;
}

/** A copy of an array of addresses. */
export function addresses(bytes: Buffer, at: number, length: number): BigUint64Array {
  const copy = new Uint8Array(length * 8);
  copy.set(bytes.subarray(at, at + length * 8));
  return new BigUint64Array(copy.buffer);
}

export const u32: Codec<number> = {
  size: 4,
  decode: (bytes, at) => bytes.readUInt32LE(at),
  encode(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(Number(BigInt(value)));
    return bytes;
  },
};

/** A 64-bit count or duration: exact up to 2^53. */
export const u64: Codec<number> = {
  size: 8,
  decode: (bytes, at) => bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
  encode(value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  },
};

/** A 64-bit address, id or hash. */
export const bigint: Codec<bigint> = {
  size: 8,
  decode: (bytes, at) => bytes.readBigUInt64LE(at),
  encode(value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return bytes;
  },
};

export const u8: Codec<number> = {
  size: 1,
  decode: (bytes, at) => bytes.readUInt8(at),
  encode(value) {
    const bytes = Buffer.alloc(1);
    bytes.writeUInt8(Number(BigInt(value)));
    return bytes;
  },
};

/**
 * Writes `values` into `image`, the initial bytes of .rodata.
 * Throws RangeError when a value does not fit its variable.
 */
export function writeRodata(
  image: Buffer,
  variables: Readonly<Record<string, Variable>>,
  values: Readonly<Record<string, number | bigint | boolean | undefined>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (!variable) throw new RangeError(`no rodata variable "${name}"`);
    const { offset, size, kind } = variable;
    const integer = BigInt(value);
    const stored = kind.startsWith('s')
      ? BigInt.asIntN(size * 8, integer)
      : BigInt.asUintN(kind === 'bool' ? 1 : size * 8, integer);
    if (stored !== integer)
      throw new RangeError(`rodata variable "${name}" (${kind}) cannot hold ${value}`);
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, integer));
    if (offset + size > image.length)
      throw new RangeError(`rodata variable "${name}" lies outside the object's .rodata`);
    bytes.copy(image, offset, 0, size);
  }
}
