import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';

const SECTOR = 512;
/** Where the one partition begins: 1 MiB, as tools that partition disks have it. */
const START = 2048;
const SIGNATURE = 0x70726f62;
const LINUX = 0x83;

/** What `root=` takes for the partition: the order in which a kernel finds disks does not matter then. */
export const PARTITION_ID = `PARTUUID=${SIGNATURE.toString(16)}-01`;

/** Its first byte in the image. */
export const PARTITION_OFFSET = START * SECTOR;

/** Makes a sparse image with one partition, in a master boot record. */
export function partition(image: string, bytes: number): void {
  const record = Buffer.alloc(SECTOR);
  record.writeUInt32LE(SIGNATURE, 440);
  const entry = record.subarray(446);
  entry.writeUInt8(LINUX, 4);
  entry.writeUInt32LE(START, 8);
  entry.writeUInt32LE(bytes / SECTOR - START, 12);
  record.writeUInt16LE(0xaa55, 510);
  const file = openSync(image, 'wx');
  writeSync(file, record);
  closeSync(file);
  truncateSync(image, bytes);
}
