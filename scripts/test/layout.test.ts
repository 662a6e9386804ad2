import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBpf } from '../build-bpf.mjs';
import { layouts } from '../layout.mjs';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'layout-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const RODATA = `
const volatile __u64 min_ns = 0;
const volatile bool only = false;
const volatile __s32 shift = 0;
const volatile id64_t cgroup = 0;
`;
const USE = 'min_ns + only + shift + cgroup';

/** The text that is generated for a program with these declarations that uses this expression. */
function layoutOf(name: string, declarations: string, use = '0'): string {
  const at = path.join(directory, name);
  mkdirSync(path.join(at, 'bpf'), { recursive: true });
  writeFileSync(
    path.join(at, 'bpf', `${name}.bpf.c`),
    `#include "kernel.bpf.h"
#include "ring.bpf.h"
${declarations}
SEC("raw_tp/sys_enter") int enter(void *ctx) { return ${use}; }
char LICENSE[] SEC("license") = "Dual BSD/GPL";
`,
  );
  buildBpf({ directory: at });
  const [layout] = layouts(at);
  return layout?.text ?? '';
}

function record(members: string, before = ''): string {
  return `${before}\nstruct event { ${members} };\nRING(events, struct event, 65536);\n`;
}

function map(key: string, value: string): string {
  return `struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 7);
    __type(key, ${key}); __type(value, ${value}); } seen SEC(".maps");`;
}

describe('a struct', () => {
  let text: string;
  beforeAll(() => {
    text = layoutOf(
      'every',
      record(
        `__u8 a; __s16 b; __u32 c; __u64 big; __s64 negative; addr_t address; bool flag;
        enum color color; char name[5]; __u32 slots[2]; addr_t frames[2]; struct inner in_ner;
        struct inner many[2];`,
        'enum color { RED, GREEN = 3 }; struct inner { __u16 port; __s8 tiny; };',
      ) +
        map('__u32', 'struct inner') +
        RODATA,
      USE,
    );
  });

  it.each([
    'a: bytes.readUInt8(at),',
    'b: bytes.readInt16LE(at + 2),',
    'big: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),',
    'negative: bytes.readInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),',
    'readonly address: bigint;',
    'address: bytes.readBigUInt64LE(at + 24),',
    'flag: bytes[at + 32] !== 0,',
    'color: bytes.readUInt32LE(at + 36),',
    'name: text(bytes, at + 40, 5),',
    'slots: Array.from({ length: 2 }, (_, i) => bytes.readUInt32LE(at + 48 + i * 4)),',
    'frames: addresses(bytes, at + 56, 2),',
    'inNer: decodeInner(bytes, at + 72),',
    'many: Array.from({ length: 2 }, (_, i) => decodeInner(bytes, at + 76 + i * 4)),',
  ])('%s', (line) => {
    expect(text.split('\n').map((each) => each.trim())).toContain(line);
  });

  it('comes after the structs that it contains', () => {
    expect(text.indexOf('interface Inner')).toBeLessThan(text.indexOf('interface Event'));
  });

  it('is what its ring and its map decode', () => {
    expect(text).toContain('events: { size: 88, maxEntries: 65536, decode: decodeEvent }');
    expect(text).toMatch(
      /seen: \{\s+type: 'hash',\s+keySize: 4,\s+valueSize: 4,\s+maxEntries: 7,\s+key: u32,\s+value: \{ size: 4, decode: decodeInner \}/,
    );
  });

  it('has the variables that can be set before load, and not the one that names the record', () => {
    const rodata = text.slice(text.indexOf('rodata:'));
    expect(rodata).toMatch(/min_ns: \{ offset: \d+, size: 8, kind: 'u64' \}/);
    expect(rodata).toMatch(/only: \{ offset: \d+, size: 1, kind: 'bool' \}/);
    expect(rodata).toMatch(/shift: \{ offset: \d+, size: 4, kind: 's32' \}/);
    expect(rodata).toMatch(/cgroup: \{ offset: \d+, size: 8, kind: 'bigint' \}/);
    expect(text).not.toContain('__record');
  });
});

describe('refuses', () => {
  it.each([
    ['bitfield', record('__u32 a : 3; __u32 b : 5;'), 'struct event: member a: a bit field'],
    ['union', record('union { __u32 a; __u8 b; } u;'), 'struct event: member u: a UNION'],
    ['anonymous', record('union { __u32 a; __u8 b; };'), 'member (anonymous): give it a name'],
    ['pointer', record('void *a;'), 'struct event: member a: a PTR'],
    ['wide', record('__int128 a;'), 'member a: an integer of 128 bits'],
    ['matrix', record('__u32 a[2][3];'), 'member a: put the inner array into a struct'],
    ['nameless', record('struct { __u32 a; } s;'), 'member s: the struct needs a name'],
    ['signed_key', map('__s64', '__u32'), 'map seen: put its key into a struct'],
    [
      'untyped',
      'struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1);' +
        '__uint(key_size, 4); __uint(value_size, 4); } seen SEC(".maps");',
      'declare its key',
    ],
    [
      'bare_ring',
      'struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); } ' +
        'bare SEC(".maps");',
      'ring bare: declare it with RING()',
    ],
  ])('%s', (name, declarations, message) => {
    expect(() => layoutOf(name, declarations)).toThrow(message);
  });

  it('a struct whose layout depends on the architecture', () => {
    const declarations = `
#ifdef __TARGET_ARCH_arm64
#define EXTRA __u64 extra;
#else
#define EXTRA
#endif
${record('__u32 a; EXTRA')}`;
    expect(() => layoutOf('uneven', declarations)).toThrow('x64 and arm64 differ');
  });
});
