// @ts-check
import { camelCase, pascalCase, plus, Types } from './types.mjs';

/** A ring's record type travels as a variable of this name (ring.bpf.h). */
const RECORD = /^(.+)__record$/;

/**
 * @typedef {{ name: string, types: readonly import('./types.mjs').BtfType[], programs: readonly string[],
 *   maps: readonly { name: string, type: string, keySize: number, valueSize: number, maxEntries: number }[] }} BpfObject
 */

/**
 * The text of a tool's generated file.
 * @param {BpfObject} object
 * @param {ReadonlyMap<string, string>} shared what core's generated file has of each struct, by its TypeScript name
 */
export function generate({ name, types: btf, programs, maps }, shared) {
  const types = new Types(btf);
  const variables = section(types, '.rodata');
  const records = new Map();
  const rodata = [];
  for (const { name: variable, type, offset, size } of variables) {
    const ring = RECORD.exec(variable)?.[1];
    if (ring) {
      records.set(ring, types.resolve(type).type.type);
      continue;
    }
    const shape = types.shape(type, `variable ${variable}`);
    if (!shape.kind) throw new Error(`variable ${variable}: only integers can be set before load`);
    rodata.push(`    ${variable}: { offset: ${offset}, size: ${size}, kind: '${shape.kind}' },`);
  }

  const definitions = new Map(section(types, '.maps').map(({ name: map, type }) => [map, type]));
  const mapLines = [];
  const ringLines = [];
  for (const map of maps) {
    const definition = definitions.get(map.name);
    if (definition === undefined) continue; // .rodata and its like
    if (map.type === 'ringbuf') {
      const record = records.get(map.name);
      if (!record) throw new Error(`ring ${map.name}: declare it with RING() of ring.bpf.h`);
      const { size, type } = types.shape(record, `ring ${map.name}`);
      const entries = `maxEntries: ${map.maxEntries}`;
      ringLines.push(`    ${map.name}: { size: ${size}, ${entries}, decode: decode${type} },`);
    } else {
      mapLines.push(mapLine(types, map, definition));
    }
  }

  const { own, imports } = divide(types, shared);
  return `${heading(name)}import { ${['type Skeleton', ...imports].sort(byName).join(', ')} } from '@probekit/core';

${own.join('\n')}
export const skeleton = {
  name: '${name}',
  object: new URL('../dist/bpf/', import.meta.url),
  programs: {
${programs.map((program) => `    ${program}: {},\n`).join('')}  },
  maps: {
${mapLines.join('\n')}
  },
  rings: {${ringLines.length ? `\n${ringLines.join('\n')}\n  ` : ''}},
  rodata: {
${rodata.join('\n')}
  },
} as const satisfies Skeleton;
`;
}

/**
 * The text of core's generated file: what tools have in common, without a skeleton.
 * @param {BpfObject} object
 */
export function generateShared(object) {
  return `${heading(object.name)}${[...sharedStructs(object).values()].join('\n')}`;
}

/**
 * The structs in core's maps, as TypeScript, by name.
 * @param {BpfObject} object
 */
export function sharedStructs({ types: btf, maps }) {
  const types = new Types(btf);
  const definitions = new Map(section(types, '.maps').map(({ name: map, type }) => [map, type]));
  for (const map of maps) {
    const definition = definitions.get(map.name);
    if (definition !== undefined) mapLine(types, map, definition);
  }
  return structTexts(types);
}

/** @param {string} name of an object */
function heading(name) {
  return `// generated from ${name}.bpf.o by scripts/layout.mjs; do not edit\n`;
}

/** @param {Types} types */
function structTexts(types) {
  return new Map(
    [...types.structs.values()].map((struct) => [
      pascalCase(struct.name),
      structText(types, struct),
    ]),
  );
}

/**
 * What a tool's file defines itself, and what it takes from core.
 * @param {Types} types
 * @param {ReadonlyMap<string, string>} shared
 */
function divide(types, shared) {
  const structs = [...structTexts(types)];
  const isShared = (/** @type {[string, string]} */ [name, text]) => shared.get(name) === text;
  const own = structs.filter((struct) => !isShared(struct)).map(([, text]) => text);
  const decoders = structs.filter(isShared).map(([name]) => `decode${name}`);
  return { own, imports: [...types.imports, ...decoders] };
}

/**
 * @param {Types} types
 * @param {{ name: string, type: string, keySize: number, valueSize: number, maxEntries: number }} map
 * @param {number} definition
 */
function mapLine(types, map, definition) {
  const members = types.resolve(definition).type.members ?? [];
  /** @param {'key' | 'value'} part */
  const codec = (part) => {
    const member = members.find(({ name }) => name === part);
    if (!member) throw new Error(`map ${map.name}: declare its ${part} with __type()`);
    const pointed = types.get(member.type).type ?? 0;
    const shape = types.shape(pointed, `map ${map.name}: ${part}`);
    if (!shape.codec) throw new Error(`map ${map.name}: put its ${part} into a struct`);
    if (!shape.codec.startsWith('{')) types.imports.add(shape.codec);
    return shape.codec;
  };
  return `    ${map.name}: {
      type: '${map.type}',
      keySize: ${map.keySize},
      valueSize: ${map.valueSize},
      maxEntries: ${map.maxEntries},
      key: ${codec('key')},
      value: ${codec('value')},
    },`;
}

/**
 * The interface and the decoder of one struct.
 * @param {Types} types
 * @param {import('./types.mjs').BtfType} struct
 */
function structText(types, struct) {
  const name = pascalCase(struct.name);
  const members = (struct.members ?? []).map((member) => ({
    name: camelCase(member.name),
    offset: member.bitOffset / 8,
    shape: types.shape(member.type, `struct ${struct.name}`),
  }));
  return `export interface ${name} {
${members.map((member) => `  readonly ${member.name}: ${member.shape.type};\n`).join('')}}

export function decode${name}(bytes: Buffer, at: number): ${name} {
  return {
${members.map((member) => `    ${member.name}: ${member.shape.read(plus('at', member.offset))},\n`).join('')}  };
}
`;
}

/**
 * @param {Types} types
 * @param {string} name
 */
function section(types, name) {
  const found = types.types.find((type) => type.kind === 'DATASEC' && type.name === name);
  return (found?.variables ?? []).map(({ type, offset, size }) => {
    const variable = types.get(type);
    return { name: variable.name, type: variable.type ?? 0, offset, size };
  });
}

/**
 * As Biome orders imported names.
 * @param {string} a
 * @param {string} b
 */
function byName(a, b) {
  return a.replace('type ', '').localeCompare(b.replace('type ', ''), 'en', { numeric: true });
}
