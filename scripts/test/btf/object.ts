import { readFileSync } from 'node:fs';

/** linux/bpf.h: enum bpf_core_relo_kind: those that ask whether something is there, and poison nothing if not. */
const ASKS = new Set([2, 8, 10, 12]);
/** elf.h: STT_FUNC. */
const FUNCTION = 2;

/** One CO-RE relocation. */
export interface Relocation {
  /** The instruction that it changes, counted from the section's start. */
  readonly instruction: number;
  /** Whether it asks for existence: the instruction then gets 1 or 0. */
  readonly asks: boolean;
}

/** A section with code. */
export interface Code {
  readonly name: string;
  readonly bytes: Buffer;
  /** The first instruction of each function. */
  readonly functions: readonly number[];
  /** In the order in which libbpf counts them. */
  readonly relocations: readonly Relocation[];
}

/** The code of a BPF object that has CO-RE relocations, by section. */
export function readCode(file: string): Code[] {
  const elf = readFileSync(file);
  const sections = readSections(elf);
  const named = (name: string) => sections.find((section) => section.name === name)?.bytes;
  const btf = named('.BTF');
  const ext = named('.BTF.ext');
  if (!btf || !ext) throw new Error(`${file} has no BTF`);
  const relocations = readRelocations(btf, ext);
  const functions = readFunctions(named('.symtab') ?? Buffer.alloc(0));
  return sections
    .filter(({ name }) => relocations.has(name))
    .map(({ name, bytes, index }) => ({
      name,
      bytes,
      functions: functions.filter(({ section }) => section === index).map(({ at }) => at),
      relocations: relocations.get(name) ?? [],
    }));
}

/** elf.h: Elf64_Ehdr, Elf64_Shdr. */
function readSections(elf: Buffer): { name: string; index: number; bytes: Buffer }[] {
  const start = Number(elf.readBigUInt64LE(0x28));
  const [size, count, namesIndex] = [0x3a, 0x3c, 0x3e].map((at) => elf.readUInt16LE(at)) as [
    number,
    number,
    number,
  ];
  const bytesOf = (index: number) => {
    const header = start + index * size;
    const from = Number(elf.readBigUInt64LE(header + 0x18));
    return elf.subarray(from, from + Number(elf.readBigUInt64LE(header + 0x20)));
  };
  const names = bytesOf(namesIndex);
  return Array.from({ length: count }, (_, index) => ({
    name: text(names, elf.readUInt32LE(start + index * size)),
    index,
    bytes: bytesOf(index),
  }));
}

/** elf.h: Elf64_Sym. */
function readFunctions(symbols: Buffer): { section: number; at: number }[] {
  const found = [];
  for (let at = 0; at < symbols.length; at += 24) {
    if ((symbols.readUInt8(at + 4) & 0xf) !== FUNCTION) continue;
    found.push({
      section: symbols.readUInt16LE(at + 6),
      at: Number(symbols.readBigUInt64LE(at + 8)) / 8,
    });
  }
  return found;
}

/** libbpf's struct btf_ext_header and struct bpf_core_relo. */
function readRelocations(btf: Buffer, ext: Buffer): Map<string, Relocation[]> {
  const strings = btf.subarray(btf.readUInt32LE(4) + btf.readUInt32LE(16));
  const found = new Map<string, Relocation[]>();
  const headerBytes = ext.readUInt32LE(4);
  if (headerBytes < 32) return found;
  let at = headerBytes + ext.readUInt32LE(24);
  const end = at + ext.readUInt32LE(28);
  if (at === end) return found;
  const bytes = ext.readUInt32LE(at);
  at += 4;
  while (at < end) {
    const name = text(strings, ext.readUInt32LE(at));
    const count = ext.readUInt32LE(at + 4);
    at += 8;
    const relocations = Array.from({ length: count }, (_, i) => ({
      instruction: ext.readUInt32LE(at + i * bytes) / 8,
      asks: ASKS.has(ext.readUInt32LE(at + i * bytes + 12)),
    }));
    found.set(name, relocations);
    at += count * bytes;
  }
  return found;
}

function text(strings: Buffer, at: number): string {
  return strings.toString('latin1', at, strings.indexOf(0, at));
}
