import { describe, expect, it, vi } from 'vitest';
import { completeArgs } from '../../../src/tool/args.js';
import type { AnyTool } from '../../../src/tool/definition.js';
import { lockedBytes, mapSizes } from '../../../src/tool/map-sizes.js';
import type { CommonArgs } from '../../../src/tool/options.js';
import { common } from '../../../src/tool/options.js';

vi.mock('../../../src/system.js', async (original) => ({
  ...(await original<object>()),
  possibleCpus: () => [0, 1, 2, 3],
}));

const args = completeArgs({ options: common }, {}) as CommonArgs;
const map = (type: string, keySize: number, valueSize: number, maxEntries: number) => ({
  type,
  keySize,
  valueSize,
  maxEntries,
});
const definition = {
  skeleton: {
    name: 'none',
    object: new URL('file:///nowhere/'),
    programs: { one: {}, two: {} },
    maps: {
      plain: map('array', 4, 12, 1000),
      counts: map('percpu_array', 4, 12, 1000),
      starts: map('hash', 4, 1, 10),
      totals: map('percpu_hash', 40, 8, 1000),
      stacks: map('stack_trace', 4, 1016, 1000),
      scope_pids: map('hash', 4, 1, 1),
    },
    rings: { events: { size: 20, maxEntries: 1 << 18 } },
    rodata: { scope_by_pid: {} },
  },
  maxEntries: () => ({ starts: 1000 }),
} as unknown as AnyTool['definition'];

/** What 5.10 charges, by its own terms. */
const charged = {
  plain: 1000 * 16,
  counts: 1000 * (8 + 4 * 16),
  starts: 1004 * (48 + 8 + 8) + 1024 * 16,
  totals: 1000 * (48 + 40 + 8 + 4 * 8) + 1024 * 16,
  stacks: 1024 * (16 + 1016 + 8),
  events: 1 << 18,
};

describe('the size of a map', () => {
  const sizes = mapSizes(definition, args);

  it.each(Object.entries(charged))('%s is what the kernel takes at most', (name, bytes) => {
    const known = sizes[name]?.bytes ?? 0;
    expect(known).toBeGreaterThanOrEqual(bytes);
    expect(known).toBeLessThan(bytes * 1.15 + 6 * 4096);
  });

  it('follows the options', () => {
    expect(sizes.starts?.entries).toBe(1000);
    const scoped = mapSizes(definition, { ...args, pid: [1, 2, 3] } as CommonArgs);
    expect([sizes.scope_pids?.entries, scoped.scope_pids?.entries]).toEqual([1, 3]);
  });

  it('is a part of what the whole run takes', () => {
    const maps = Object.values(sizes).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(lockedBytes(definition, args)).toBe(maps + 2 * 4096);
  });
});
