import { describe, expect, it } from 'vitest';
import { parsePattern } from '../../src/pattern.js';

describe('a pattern', () => {
  it.each([
    ['vfs_read', undefined, 'vfs_read', true],
    ['c:malloc', 'c', 'malloc', true],
    [':main', '', 'main', true],
    ['/usr/lib/a:b/libx.so:f*', '/usr/lib/a:b/libx.so', 'f*', false],
  ])('%s', (text, binary, functions, isExact) => {
    expect(parsePattern(text, false)).toMatchObject({ binary, functions, isExact });
  });

  it.each([
    ['vfs_*', ['vfs_read', 'vfs_'], ['xvfs_read', 'vfsread']],
    ['a?c', ['abc'], ['ac', 'abbc']],
    ['[ab]x', ['ax', 'bx'], ['cx']],
    ['[!ab]x', ['cx'], ['ax']],
    ['a.b+', ['a.b+'], ['axb+', 'a.bb']],
  ])('%s is a glob of whole names', (text, yes, no) => {
    const { matches } = parsePattern(text, false);
    for (const name of yes) expect(matches(name), name).toBe(true);
    for (const name of no) expect(matches(name), name).toBe(false);
  });

  it('is a regular expression from the start of the name on request', () => {
    const { matches } = parsePattern('(tcp|udp)_send', true);
    expect(['tcp_sendmsg', 'udp_send', 'do_tcp_send'].map(matches)).toEqual([true, true, false]);
  });

  it.each([
    ['c:', false, /names no function/],
    ['(', true, /"\(" is no regular expression/],
    ['c:std::sort', false, /"c:std::sort": functions of C\+\+ go by their symbols, as _Z/],
  ])('%s is wrong usage', (text, isRegexp, message) => {
    expect(() => parsePattern(text, isRegexp)).toThrow(message);
  });
});
