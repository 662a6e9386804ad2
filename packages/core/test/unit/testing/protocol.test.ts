import { describe, expect, it } from 'vitest';
import {
  Decoder,
  encode,
  MAX_BODY,
  type Message,
  Reply,
  startBody,
} from '../../../src/testing/vm/protocol.js';

const ready: Message = { kind: Reply.READY, id: 0, body: Buffer.from('nonce') };
const output: Message = { kind: Reply.STDOUT, id: 7, body: Buffer.from('a\0b\n') };
const end: Message = { kind: Reply.END, id: 7, body: Buffer.alloc(4) };
const stream = Buffer.concat([ready, output, end].map(encode));

describe('a stream of messages', () => {
  it('is taken apart wherever it is cut', () => {
    for (let size = 1; size <= stream.length; size++) {
      const decoder = new Decoder();
      const taken: Message[] = [];
      for (let at = 0; at < stream.length; at += size) {
        taken.push(...decoder.take(stream.subarray(at, at + size)));
      }
      expect(taken).toEqual([ready, output, end]);
    }
  });

  it.each([
    ['the rest of a message whose beginning nobody heard', encode(output).subarray(9)],
    ['zeros', Buffer.alloc(1000)],
    ['a header that promises too much', encode({ ...output, body: Buffer.alloc(0) }).fill(255, 12)],
  ])('goes on after %s', (_, noise) => {
    expect([...new Decoder().take(Buffer.concat([noise, stream]))]).toEqual([ready, output, end]);
  });
});

it('a body that the agent has no room for is refused', () => {
  const body = Buffer.alloc(MAX_BODY + 1);
  expect(() => encode({ ...output, body })).toThrow(RangeError);
});

it('START brings the number of arguments, then strings', () => {
  expect(startBody(['sh', '-c', ''], { cwd: '/tmp', env: { A: 'b=c' } }).toString()).toBe(
    '\u0003\0\0\0/tmp\0sh\0-c\0\0A=b=c\0',
  );
});
