import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { failure, file, native } from './fixture.js';

const functions = readFileSync('/proc/kallsyms', 'utf8')
  .split('\n')
  .map((line) => line.split(/[ \t]/))
  .filter(([address, type = '']) => /[tTwW]/.test(type) && !/^0+$/.test(address ?? '0'))
  .map(([address, , name]) => ({ address: BigInt(`0x${address}`), name }));

describe('symbolize', () => {
  it('finds kernel functions as /proc/kallsyms has them', async () => {
    const symbolizer = new native.Symbolizer();
    const names = new Map<bigint, Set<string | undefined>>();
    for (const { address, name } of functions) {
      names.set(address, (names.get(address) ?? new Set()).add(name));
    }
    const some = functions.filter(
      ({ name = '' }, i) => i % 97 === 0 && !/^_e(init)?text$/.test(name),
    );
    const addresses = new BigUint64Array(some.map(({ address }) => address));
    const found = await symbolizer.symbolize(0, addresses);
    expect(some.length).toBeGreaterThan(100);
    for (const [i, address] of addresses.entries()) {
      expect(names.get(address)).toContain(found.names[(found.symbol[i] ?? 0) - 1]);
    }
    expect(new Set(found.names).size).toBe(found.names.length);
    expect([...found.offsets]).toEqual(Array.from({ length: addresses.length + 1 }, (_, i) => i));
    expect(new Set(found.kind)).toEqual(new Set([0]));
    await symbolizer.close();
    const closed = await failure(() => symbolizer.symbolize(0, addresses));
    expect(closed).toMatchObject({ code: 'ECLOSED', op: 'symbolize' });
  });

  it('finds functions and files of a process, and says so of one that is gone', async () => {
    const symbolizer = new native.Symbolizer();
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const pid = child.pid as number;
    await expect.poll(() => readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n');
    await expect.poll(() => readFileSync(`/proc/${pid}/maps`, 'utf8')).toMatch(/libc\.so.*\n/);
    const code = readFileSync(`/proc/${pid}/maps`, 'utf8')
      .split('\n')
      .find((line) => line.includes('r-xp') && line.includes('libc.so')) as string;
    const [range = '', , offset, , , path] = code.split(/\s+/);
    const [start, end] = range.split('-').map((text) => BigInt(`0x${text}`)) as [bigint, bigint];
    const inside = Array.from({ length: 64 }, (_, i) => start + ((end - start) * BigInt(i)) / 64n);
    const found = await symbolizer.symbolize(pid, new BigUint64Array([1n, ...inside]));
    expect(found.reason).toBeUndefined();
    expect([found.symbol[0], found.module[0]]).toEqual([0, 0]);
    expect(found.modules).toEqual([path]);
    expect(found.module.subarray(1).every((module) => module === 1)).toBe(true);
    expect(offset).toMatch(/^[\da-f]+$/);
    expect(found.names.length).toBeGreaterThan(8);
    child.kill();
    await once(child, 'exit');
    const gone = await symbolizer.symbolize(pid, new BigUint64Array(inside));
    expect(gone.names).toEqual([]);
    expect(gone.reason).toBe('the process has exited');
    await symbolizer.close();
  });
});

describe('btf', () => {
  it('describes an object, and this kernel', () => {
    const types = native.btf(file);
    expect(types.every(({ id }, index) => id === index)).toBe(true);
    const event = types.find(({ kind, name }) => kind === 'STRUCT' && name === 'event');
    expect(event).toMatchObject({
      size: 16,
      members: [
        { name: 'number', bitOffset: 0, bitSize: 0 },
        { name: 'pid', bitOffset: 64, bitSize: 0 },
      ],
    });
    const rodata = types.find(({ kind, name }) => kind === 'DATASEC' && name === '.rodata');
    expect(rodata?.variables).toMatchObject([{ offset: 0, size: 4 }]);
    const variable = types[rodata?.variables?.[0]?.type ?? 0];
    expect(variable).toMatchObject({ kind: 'VAR', name: 'traced_pid', linkage: 'global' });
    const task = native.btf().find(({ kind, name }) => kind === 'STRUCT' && name === 'task_struct');
    expect(task?.members?.map(({ name }) => name)).toContain('tgid');
  });
});
