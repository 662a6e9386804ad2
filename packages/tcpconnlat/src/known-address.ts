import { addressText } from './address.js';
import type { IpAddress } from './tcpconnlat.gen.js';

const RECENT = 1024;
const recent = new Map<number, string>();

/** What was never bound or cannot be known is null. */
export function knownAddress(ip: number, given: IpAddress): string | null {
  if (ip !== 4)
    return ip === 6 && given.a | given.b | given.c | given.d ? addressText(6, given) : null;
  if (given.a === 0) return null;
  let text = recent.get(given.a);
  if (text === undefined) {
    if (recent.size === RECENT) recent.clear();
    text = addressText(4, given);
    recent.set(given.a, text);
  }
  return text;
}
