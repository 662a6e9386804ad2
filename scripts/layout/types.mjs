// @ts-check
// BTF types as the TypeScript that reads them.

/**
 * @typedef {{ id: number, kind: string, name: string, size?: number, type?: number, nelems?: number, signed?: boolean,
 *   encoding?: string, members?: { name: string, type: number, bitOffset: number, bitSize: number }[],
 *   variables?: { type: number, offset: number, size: number }[] }} BtfType
 * @typedef {{ type: string, size: number, read: (at: string) => string, codec: string,
 *   kind?: string }} Shape `type` in TypeScript; `read` as an expression over `bytes`
 */

/** Typedefs whose 64 bits do not fit a number. */
const WIDE = new Set(['addr_t', 'id64_t', 'hash64_t']);

const METHODS = /** @type {Record<string, string>} */ ({
  u8: 'UInt8',
  u16: 'UInt16LE',
  u32: 'UInt32LE',
  s8: 'Int8',
  s16: 'Int16LE',
  s32: 'Int32LE',
});

/** The integers that core has a Codec for, as keys and values of maps. */
const CODECS = new Set(['u8', 'u32']);

export class Types {
  /** @param {readonly BtfType[]} types */
  constructor(types) {
    this.types = types;
    /** Structs met on the way, by name, each before those that contain it. @type {Map<string, BtfType>} */
    this.structs = new Map();
    /** What the generated file imports from core. @type {Set<string>} */
    this.imports = new Set();
  }

  /** @param {number} id */
  get(id) {
    return /** @type {BtfType} */ (this.types[id]);
  }

  /**
   * Follows typedefs and qualifiers; says whether one of the typedefs is wide.
   * @param {number} id
   */
  resolve(id) {
    let type = this.get(id);
    let wide = false;
    while (['TYPEDEF', 'CONST', 'VOLATILE', 'RESTRICT', 'TYPE_TAG'].includes(type.kind)) {
      wide ||= type.kind === 'TYPEDEF' && WIDE.has(type.name);
      type = this.get(type.type ?? 0);
    }
    return { type, wide };
  }

  /**
   * @param {number} id
   * @param {string} what for the error
   * @returns {Shape}
   */
  shape(id, what) {
    const { type, wide } = this.resolve(id);
    switch (type.kind) {
      case 'INT':
      case 'ENUM':
        return this.integer(type, wide, what);
      case 'ARRAY':
        return this.array(type, what);
      case 'STRUCT':
        return this.struct(type, what);
      default:
        throw new Error(
          `${what}: a ${type.kind} has no layout here; use integers, arrays and structs`,
        );
    }
  }

  /**
   * @param {BtfType} type
   * @param {boolean} wide
   * @param {string} what
   * @returns {Shape}
   */
  integer({ size = 0, signed, encoding }, wide, what) {
    if (encoding === 'bool') {
      return {
        type: 'boolean',
        size: 1,
        kind: 'bool',
        codec: 'u8',
        read: (at) => `bytes[${at}] !== 0`,
      };
    }
    if (size === 8 && wide) {
      return {
        type: 'bigint',
        size,
        kind: 'bigint',
        codec: 'bigint',
        read: (at) => `bytes.readBigUInt64LE(${at})`,
      };
    }
    if (size === 8) {
      const high = signed ? 'readInt32LE' : 'readUInt32LE';
      return {
        type: 'number',
        size,
        kind: signed ? 's64' : 'u64',
        codec: signed ? '' : 'u64',
        read: (at) => `bytes.${high}(${plus(at, 4)}) * 4294967296 + bytes.readUInt32LE(${at})`,
      };
    }
    const kind = `${signed ? 's' : 'u'}${size * 8}`;
    const method = METHODS[kind];
    if (!method) throw new Error(`${what}: an integer of ${size * 8} bits has no layout here`);
    return {
      type: 'number',
      size,
      kind,
      codec: CODECS.has(kind) ? kind : '',
      read: (at) => `bytes.read${method}(${at})`,
    };
  }

  /**
   * @param {BtfType} type
   * @param {string} what
   * @returns {Shape}
   */
  array({ type: element = 0, nelems = 0 }, what) {
    const { type, wide } = this.resolve(element);
    if (type.kind === 'INT' && type.size === 1 && type.signed) {
      this.imports.add('text');
      return {
        type: 'string',
        size: nelems,
        codec: '',
        read: (at) => `text(bytes, ${at}, ${nelems})`,
      };
    }
    if (type.kind === 'INT' && wide) {
      this.imports.add('addresses');
      return {
        type: 'BigUint64Array',
        size: nelems * 8,
        codec: '',
        read: (at) => `addresses(bytes, ${at}, ${nelems})`,
      };
    }
    if (type.kind === 'ARRAY') throw new Error(`${what}: put the inner array into a struct`);
    const inner = this.shape(element, what);
    return {
      type: `${inner.type}[]`,
      size: nelems * inner.size,
      codec: '',
      read: (at) =>
        `Array.from({ length: ${nelems} }, (_, i) => ${inner.read(`${at} + i * ${inner.size}`)})`,
    };
  }

  /**
   * @param {BtfType} type
   * @param {string} what
   * @returns {Shape}
   */
  struct(type, what) {
    if (!type.name) throw new Error(`${what}: the struct needs a name`);
    for (const { name, type: member, bitSize } of type.members ?? []) {
      const where = `struct ${type.name}: member ${name || '(anonymous)'}`;
      if (bitSize) throw new Error(`${where}: a bit field has no layout here; use an integer`);
      if (!name) throw new Error(`${where}: give it a name`);
      this.shape(member, where);
    }
    this.structs.set(type.name, type);
    const name = pascalCase(type.name);
    return {
      type: name,
      size: type.size ?? 0,
      codec: `{ size: ${type.size}, decode: decode${name} }`,
      read: (at) => `decode${name}(bytes, ${at})`,
    };
  }
}

/**
 * `at + 8` and 4 as `at + 12`.
 * @param {string} at
 * @param {number} offset
 */
export function plus(at, offset) {
  const [, base = at, before = '0'] = /^(\w+) \+ (\d+)$/.exec(at) ?? [];
  const sum = Number(before) + offset;
  return sum === 0 ? base : `${base} + ${sum}`;
}

/** @param {string} name */
export function camelCase(name) {
  return name.replace(/_+([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** @param {string} name */
export function pascalCase(name) {
  const camel = camelCase(name);
  return camel.charAt(0).toUpperCase() + camel.slice(1);
}
