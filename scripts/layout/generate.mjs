// @ts-check
import { camelCase, pascalCase, plus, Types } from './types.mjs';

/** A ring's record type travels as a variable of this name (ring.bpf.h). */
const RECORD = /^(.+)__record$/;

/**
 * The text of a generated file.
 * @param {{ name: string, types: readonly import('./types.mjs').BtfType[], programs: readonly string[],
 *   maps: readonly { name: string, type: string, keySize: number, valueSize: number, maxEntries: number }[] }} object
 */
export function generate({ name, types: btf, programs, maps }) {
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

  const structs = [...types.structs.values()].map((struct) => structText(types, struct));
  const imports = [...types.imports].sort();
  return `// generated from ${name}.bpf.o by scripts/layout.mjs; do not edit
import { ${['type Skeleton', ...imports].sort(byName).join(', ')} } from '@probekit/core';

${structs.join('\n')}
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
