import { describe, expect, it } from 'vitest';
import { addressText, parsePrefix } from '../../src/address.js';

/** As text again. */
function text(given: string): string | undefined {
  const prefix = parsePrefix(given);
  if (!prefix) return undefined;
  const [a, b, c, d] = prefix.words;
  return addressText(prefix.ip, { a, b, c, d });
}

describe('addresses', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:db8::', '2001:db8::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['fe80::1:2', 'fe80::1:2'],
  ])('%s is %s', (given, shown) => {
    expect(text(given)).toBe(shown);
  });
});

describe('networks', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0'],
    ['10.1.2.3/31', '10.1.2.2'],
    ['10.1.2.3/0', '0.0.0.0'],
    ['2001:db8:ffff::1/33', '2001:db8:8000::'],
  ])('%s begins at %s', (given, first) => {
    expect(text(given)).toBe(first);
  });

  it.each(['', 'x', '10.0.0.0/33', '::/129', '10.0.0', '10.0.0.0/8/8', '10.0.0.0/', '1.2.3.4/-1'])(
    '"%s" is none',
    (given) => {
      expect(parsePrefix(given)).toBeUndefined();
    },
  );
});
