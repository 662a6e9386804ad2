import { describe, expect, it } from 'vitest';
import { withinLimit } from '../../src/limit.js';
import { keepsReturn, neverReturns } from '../../src/no-return.js';
import { parsePattern } from '../../src/pattern.js';

const NAMES = ['vfs_read', 'vfs_readv', 'vfs_write', 'kernel_read', 'unlike'];
const where = { limit: 2, where: 'the kernel', names: () => NAMES };

describe('what a pattern matches', () => {
  it('is itself within the limit', () => {
    expect(withinLimit(['vfs_read'], parsePattern('vfs_read', false), where)).toEqual(['vfs_read']);
  });

  it('is refused above it, with the way out', () => {
    expect(() => withinLimit(NAMES, parsePattern('*', false), where)).toThrow(
      '"*" matches 5 functions of the kernel, more than 2; narrow it, or raise --limit',
    );
  });

  it('is refused when it is nothing, with the nearest names', () => {
    expect(() => withinLimit([], parsePattern('vfs_raed', false), where)).toThrow(
      'the kernel has no function "vfs_raed": absent or inlined; there are vfs_read',
    );
    expect(() => withinLimit([], parsePattern('none*', false), where)).toThrow(
      'no function of the kernel matches "none*"',
    );
  });
});

it('knows functions that never return', () => {
  expect(neverReturns('do_exit', 'kernel')).toBe(true);
  expect(neverReturns('_start', 'user')).toBe(true);
  expect(neverReturns('vfs_read', 'kernel')).toBe(false);
});

it('knows functions that a return probe would make crash', () => {
  for (const name of ['__sigsetjmp', '_setjmp', 'swapcontext', 'vfork', '__clone', '__restore_rt'])
    expect(keepsReturn(name), name).toBe(true);
  for (const name of [
    'malloc',
    'pthread_create',
    'context_of',
    'forkpty',
    'clone_file',
    'SSL_set_context',
  ])
    expect(keepsReturn(name), name).toBe(false);
});
