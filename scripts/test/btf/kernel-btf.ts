import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Documentation/arch/x86/boot.rst: the setup's length in sectors, its magic, and where the payload lies behind it. */
const SETUP_SECTORS = 0x1f1;
const SETUP_MAGIC = 0x202;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const SECTOR = 512;

/** What unpacks a payload, by its first four bytes. */
const UNPACKERS: Readonly<Record<string, string>> = { '02214c18': 'lz4', '28b52ffd': 'zstd' };

/** linux/btf.h: struct btf_header as far as it is the same in all kernels: magic, version, flags, its own length. */
const BTF_HEADER = Buffer.from('9feb010018000000', 'hex');
const BTF_HEADER_BYTES = 24;

/** The types of a kernel, cut out of its image: a bzImage of x86, or an Image of arm64, which is not compressed. */
export function kernelBtf(image: string): Buffer {
  const file = readFileSync(image);
  const kernel =
    file.toString('latin1', SETUP_MAGIC, SETUP_MAGIC + 4) === 'HdrS' ? unpack(file) : file;
  for (let at = kernel.indexOf(BTF_HEADER); at >= 0; at = kernel.indexOf(BTF_HEADER, at + 1)) {
    const [typesAt, types, stringsAt, strings] = [8, 12, 16, 20].map((field) =>
      kernel.readUInt32LE(at + field),
    ) as [number, number, number, number];
    const end = at + BTF_HEADER_BYTES + stringsAt + strings;
    if (typesAt === 0 && stringsAt === types && end <= kernel.length)
      return kernel.subarray(at, end);
  }
  throw new Error(`${image} has no BTF`);
}

function unpack(file: Buffer): Buffer {
  const start = (file.readUInt8(SETUP_SECTORS) + 1) * SECTOR + file.readUInt32LE(PAYLOAD_OFFSET);
  const length = file.readUInt32LE(PAYLOAD_LENGTH);
  // Its unpacked length follows each payload, and counts as a part of it.
  const payload = file.subarray(start, start + length - 4);
  const size = file.readUInt32LE(start + length - 4);
  const magic = payload.toString('hex', 0, 4);
  const program = UNPACKERS[magic];
  if (!program) throw new Error(`a kernel is packed in an unknown way: ${magic}`);
  const kernel = execFileSync(program, ['-dc'], { input: payload, maxBuffer: 2 * size });
  if (kernel.length !== size) throw new Error(`${program}: ${kernel.length} bytes for ${size}`);
  return kernel;
}
