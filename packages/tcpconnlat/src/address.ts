import { isIP } from 'node:net';
import type { IpAddress } from './tcpconnlat.gen.js';

/** Words of 32 bits in network order, as a little-endian machine reads them. */
export type Words = readonly [a: number, b: number, c: number, d: number];

export type IpVersion = 4 | 6;

/** A network: an address and how many of its bits count. */
export interface Prefix {
  readonly ip: IpVersion;
  readonly words: Words;
  readonly mask: Words;
}

/** Dotted decimal, or RFC 5952. Throws RangeError for what is neither IPv4 nor IPv6. */
export function addressText(ip: number, { a, b, c, d }: IpAddress): string {
  if (ip === 4) return v4Text(a);
  if (ip === 6) return v6Text([a, b, c, d]);
  throw new RangeError(`no IP version ${ip}`);
}

function v4Text(word: number): string {
  return `${word & 255}.${(word >>> 8) & 255}.${(word >>> 16) & 255}.${word >>> 24}`;
}

function v6Text(words: Words): string {
  const groups = words.flatMap((word) => [
    ((word & 255) << 8) | ((word >>> 8) & 255),
    (((word >>> 16) & 255) << 8) | (word >>> 24),
  ]);
  let [longest, start] = [1, -1]; // One group of zeros is not shortened.
  for (let from = 0; from < groups.length; from++) {
    let to = from;
    while (groups[to] === 0) to++;
    if (to - from > longest) [longest, start] = [to - from, from];
  }
  const hex = (some: readonly number[]) => some.map((group) => group.toString(16)).join(':');
  if (start < 0) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + longest))}`;
}

/** `10.0.0.0/8`, `2001:db8::/32`, or an address alone. undefined: neither. */
export function parsePrefix(text: string): Prefix | undefined {
  const [address = '', bits, ...more] = text.split('/');
  const ip = isIP(address);
  if (more.length > 0 || (ip !== 4 && ip !== 6)) return undefined;
  const longest = ip === 4 ? 32 : 128;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
  const length = bits === undefined ? longest : Number(bits);
  if (length > longest) return undefined;
  const mask = maskOf(length, ip);
  const words = wordsOf(ip === 4 ? v4Bytes(address) : v6Bytes(address));
  return { ip, mask, words: words.map((word, i) => (word & (mask[i] as number)) >>> 0) as never };
}

/** The first so many bits. */
export function maskOf(length: number, ip: IpVersion): Words {
  const bytes = Array.from({ length: ip === 4 ? 4 : 16 }, (_, i) => {
    const ones = Math.min(8, Math.max(0, length - 8 * i));
    return 256 - 2 ** (8 - ones);
  });
  return wordsOf(bytes);
}

function wordsOf(bytes: readonly number[]): Words {
  const all = Buffer.alloc(16);
  all.set(bytes);
  return [0, 4, 8, 12].map((at) => all.readUInt32LE(at)) as unknown as Words;
}

function v4Bytes(text: string): number[] {
  return text.split('.').map(Number);
}

function v6Bytes(text: string): number[] {
  const [plain = ''] = text.split('%');
  const dotted = /^(.*:)([\d.]+\.[\d.]+)$/.exec(plain);
  const tail = dotted ? v4Bytes(dotted[2] as string) : [];
  const hex = dotted ? (dotted[1] as string).replace(/([^:]):$/, '$1') : plain;
  const [left = '', right] = hex.split('::');
  const bytes = (part: string) =>
    part
      .split(':')
      .filter(Boolean)
      .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  const [before, after] = [bytes(left), [...bytes(right ?? ''), ...tail]];
  const zeros = Array<number>(Math.max(0, 16 - before.length - after.length)).fill(0);
  return [...before, ...zeros, ...after];
}
