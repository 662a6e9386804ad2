import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** The build id of this kernel in hexadecimal digits; undefined: it has none, or does not tell. */
export function kernelBuildId(): string | undefined {
  try {
    return buildIdOf(readFileSync('/sys/kernel/notes'));
  } catch {
    return undefined;
  }
}

/** The build id of an ELF file in hexadecimal digits; undefined: it has none, is no ELF file of 64 bits or can't be read. */
export function fileBuildId(file: string): string | undefined {
  let fd: number | undefined;
  try {
    // A name may have become a pipe's.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    return fstatSync(fd).isFile() ? notesOf(fd) : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** struct elf64_hdr and struct elf64_phdr of linux/elf.h, little endian. */
const HEADER = 64;
const PROGRAM_HEADER = 56;
const PT_NOTE = 4;
const MOST_PROGRAM_HEADERS = 256;
/** Longer notes are no build id. */
const MOST_BYTES = 65_536;

function notesOf(fd: number): string | undefined {
  const header = bytes(fd, 0, HEADER);
  if (header.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return undefined;
  const count = Math.min(header.readUInt16LE(56), MOST_PROGRAM_HEADERS);
  const size = header.readUInt16LE(54);
  if (size < PROGRAM_HEADER) return undefined;
  const table = bytes(fd, Number(header.readBigUInt64LE(32)), count * size);
  for (let i = 0; i < count; i++) {
    if (table.readUInt32LE(i * size) !== PT_NOTE) continue;
    const offset = Number(table.readBigUInt64LE(i * size + 8));
    const length = Number(table.readBigUInt64LE(i * size + 32));
    const id = length <= MOST_BYTES ? buildIdOf(bytes(fd, offset, length)) : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}

const NT_GNU_BUILD_ID = 3;

/** The first note of that type: elf(5), "Notes". Throws RangeError where one ends beyond the last byte. */
function buildIdOf(notes: Buffer): string | undefined {
  for (let at = 0; at + 12 <= notes.length; ) {
    const name = notes.readUInt32LE(at);
    const length = notes.readUInt32LE(at + 4);
    const start = at + 12 + align(name);
    const isOurs = notes.toString('latin1', at + 12, at + 12 + name) === 'GNU\0';
    if (isOurs && notes.readUInt32LE(at + 8) === NT_GNU_BUILD_ID && start + length <= notes.length)
      return notes.toString('hex', start, start + length);
    at = start + align(length);
  }
  return undefined;
}

const align = (size: number) => Math.ceil(size / 4) * 4;

/** Throws RangeError where the file is shorter. */
function bytes(fd: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  if (readSync(fd, buffer, 0, length, at) !== length) throw new RangeError('the file is shorter');
  return buffer;
}
