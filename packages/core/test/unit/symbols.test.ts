import { describe, expect, it, vi } from 'vitest';
import { Symbolizer } from '../../src/symbolizer.js';
import { type RawStack, symbolizeStacks as symbolize } from '../../src/symbols.js';

const asked = vi.hoisted(() => ({
  lookups: [] as [number, bigint[]][],
  closed: 0,
  fails: false,
  answer: {},
}));
vi.mock('../../src/native.js', async (original) => ({
  ...(await original<object>()),
  native: () => ({
    Symbolizer: class {
      /** The function that begins at each multiple of 0x100; below 0x100 there is none. */
      async symbolize(pid: number, addresses: BigUint64Array) {
        asked.lookups.push([pid, [...addresses]]);
        if (asked.fails) throw new Error('{"code":"EACCES","op":"symbolize"}');
        const names = [
          'none',
          ...Array.from(addresses, (address) => `${pid}:${(address >> 8n).toString(16)}`),
        ];
        const symbol = Uint32Array.from(addresses, (address, i) => (address < 0x100n ? 0 : i + 2));
        const module = Uint32Array.from(addresses, (a) => (a < 0x200n ? 0 : 1));
        const offsets = Uint32Array.from({ length: addresses.length + 1 }, (_, i) => i);
        const kind = new Uint8Array(addresses.length);
        return { names, modules: ['/bin/x'], offsets, symbol, module, kind, ...asked.answer };
      }
      async close() {
        asked.closed++;
      }
    },
  }),
}));

async function symbolizeStacks(stacks: readonly RawStack[]) {
  await using symbolizer = new Symbolizer();
  return await symbolize(stacks, symbolizer);
}

const addresses = (...values: bigint[]) => BigUint64Array.from(values);

describe('symbols', () => {
  it('of a caller are those of the byte before its return address', async () => {
    asked.lookups = [];
    const [stack] = await symbolizeStacks([
      { pid: 1, addresses: addresses(0x300n, 0x300n, 0x301n) },
    ]);
    expect(asked.lookups).toEqual([[1, [0x300n, 0x2ffn, 0x300n]]]);
    expect(stack).toEqual([
      { address: 0x300n, name: '1:3', module: '/bin/x' },
      { address: 0x300n, name: '1:2', module: '/bin/x' },
      { address: 0x301n, name: '1:3', module: '/bin/x' },
    ]);
  });

  it('are asked for once a process and address', async () => {
    asked.lookups = [];
    const shared = { pid: 1, addresses: addresses(0x300n, 0x501n) };
    const named = await symbolizeStacks([shared, shared, { pid: 2, addresses: addresses(0x300n) }]);
    expect(asked.lookups).toEqual([
      [1, [0x300n, 0x500n]],
      [2, [0x300n]],
    ]);
    expect(named.map((frames) => frames.map(({ name }) => name))).toEqual([
      ['1:3', '1:5'],
      ['1:3', '1:5'],
      ['2:3'],
    ]);
    expect(named[0]?.[0]).toBe(named[1]?.[0]);
  });

  it('may be unknown, at the ends of the address space too', async () => {
    const [stack] = await symbolizeStacks([
      { pid: 1, addresses: addresses(0x10n, 0n, 2n ** 64n - 1n, 0x101n) },
    ]);
    expect(stack).toEqual([
      { address: 0x10n, name: null, module: null },
      { address: 0n, name: null, module: null },
      { address: 2n ** 64n - 1n, name: '1:ffffffffffffff', module: '/bin/x' },
      { address: 0x101n, name: '1:1', module: null },
    ]);
  });

  it('are several frames where functions were inlined, and know what was compiled at run time', async () => {
    asked.answer = {
      names: ['inner', 'outer', 'compiled', 'read'],
      offsets: Uint32Array.of(0, 2, 3, 4),
      symbol: Uint32Array.of(1, 2, 3, 4),
      module: Uint32Array.of(1, 1, 0, 0),
      kind: Uint8Array.of(1, 0, 2, 3),
    };
    const [stack] = await symbolizeStacks([
      { pid: 1, addresses: addresses(0x300n, 0x400n, 0x500n) },
    ]);
    asked.answer = {};
    expect(stack).toEqual([
      { address: 0x300n, name: 'inner', module: '/bin/x', kind: 'inlined' },
      { address: 0x300n, name: 'outer', module: '/bin/x' },
      { address: 0x400n, name: 'compiled', module: null, kind: 'jit' },
      { address: 0x500n, name: 'read', module: null, kind: 'interpreted' },
    ]);
  });

  it('of nothing are nothing, and the symbolizer is closed each time', async () => {
    asked.closed = 0;
    expect(await symbolizeStacks([])).toEqual([]);
    expect(await symbolizeStacks([{ pid: 1, addresses: addresses() }])).toEqual([[]]);
    asked.fails = true;
    await expect(symbolizeStacks([{ pid: 1, addresses: addresses(1n) }])).rejects.toMatchObject({
      code: 'EACCES',
      exitCode: 3,
    });
    asked.fails = false;
    expect(asked.closed).toBe(3);
  });
});
