import { readFileSync } from 'node:fs';

/** linux/auxvec.h */
const AT_PAGESZ = 6n;
const USUAL = 4096;

/** Bytes of a page on this machine, by getauxval(3)'s own source. */
export function pageBytes(): number {
  const vector = readFileSync('/proc/self/auxv');
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (vector.readBigUInt64LE(at) === AT_PAGESZ) return Number(vector.readBigUInt64LE(at + 8));
  }
  return USUAL;
}
