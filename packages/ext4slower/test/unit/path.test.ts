import { describe, expect, it } from 'vitest';
import { readPath, shortened } from '../../src/path.js';

/** Names as the kernel's walk leaves them: the last component first, each with its NUL. */
const walked = (...names: readonly (string | Buffer)[]) =>
  Buffer.concat(names.flatMap((name) => [Buffer.from(name), Buffer.of(0)]));

function read(names: Buffer, isCut = false) {
  const before = Buffer.from('before');
  return readPath(Buffer.concat([before, names]), before.length, names.length, isCut);
}

describe('readPath', () => {
  it('begins at the root', () => {
    expect(read(walked('log', 'var'))).toEqual({ text: '/var/log', base64: null });
  });

  it('knows the root itself', () => {
    expect(read(walked())).toEqual({ text: '/', base64: null });
  });

  it('marks what has more above it', () => {
    expect(read(walked('b', 'a'), true).text).toBe('.../a/b');
    expect(read(walked('b', 'a')).text).toBe('/a/b');
  });

  it('has the bytes of what is not UTF-8', () => {
    const { text, base64 } = read(walked(Buffer.from('ff2c0a', 'hex'), 'a'));
    expect(text).toBe('/a/\ufffd,\n');
    expect(Buffer.from(base64 ?? '', 'base64').toString('hex')).toBe('2f612fff2c0a');
  });

  it('tells names apart that differ in bytes which are no text', () => {
    const [one, other] = ['fe', 'ff'].map((hex) => read(walked(Buffer.from(hex, 'hex'))));
    expect(one?.base64).not.toBe(other?.base64);
  });
});

describe('shortened', () => {
  it('leaves what fits', () => {
    expect(shortened('/a'.repeat(48))).toBe('/a'.repeat(48));
  });

  it('keeps the end, and no half characters', () => {
    const long = `/${'\u{1f600}'.repeat(100)}end`;
    expect(shortened(long)).toBe(`...${'\u{1f600}'.repeat(90)}end`);
  });
});
