import { describe, expect, it } from 'vitest';
import { merged } from '../../src/merged.js';
import { OPERATIONS, operationsOf } from '../../src/operations.js';

describe('operationsOf', () => {
  it.each([
    [undefined, ['R', 'W', 'O', 'S']],
    ['all', [...OPERATIONS]],
    ['s,r', ['R', 'S']],
    ['rename, mmap,R,R', ['R', 'mmap', 'rename']],
  ])('%s', (list, names) => {
    expect(operationsOf(list)).toEqual(names);
  });

  it.each(['', 'R,,W', 'read', 'R;W'])('refuses %j', (list) => {
    expect(() => operationsOf(list)).toThrow(/--ops: no operation/);
  });
});

describe('merged', () => {
  async function* after(values: readonly number[], wait: Promise<unknown>) {
    for (const value of values) {
      await wait;
      yield value;
    }
  }

  it('yields all of all, each in its order', async () => {
    const all: number[] = [];
    const now = Promise.resolve();
    for await (const value of merged(after([1, 2, 3], now), after([], now), after([4, 5], now))) {
      all.push(value);
    }
    expect(all.filter((value) => value < 4)).toEqual([1, 2, 3]);
    expect(all.filter((value) => value > 3)).toEqual([4, 5]);
  });

  it('does not wait for one while another has something', async () => {
    let release = () => {};
    const later = new Promise<void>((resolve) => {
      release = resolve;
    });
    const values = merged(after([1], later), after([2], Promise.resolve()));
    expect((await values.next()).value).toBe(2);
    release();
    expect((await values.next()).value).toBe(1);
    expect((await values.next()).done).toBe(true);
  });

  it('passes on what one of them throws', async () => {
    const failing = after([1], Promise.reject(new Error('closed')));
    await expect(merged(failing).next()).rejects.toThrow('closed');
  });
});
