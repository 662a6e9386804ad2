import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Mounts, parseMountinfo } from '../../src/mounts.js';

describe('parseMountinfo', () => {
  it('has where each mount is, by its id', () => {
    // proc_pid_mountinfo(5), and a name with a space and a backslash.
    const text = `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
40 35 98:1 / /mnt\\040a\\134b rw - ext4 /dev/b rw
`;
    expect([...parseMountinfo(text)]).toEqual([
      [36, { point: '/mnt2', root: '/mnt1', dev: 98 * 2 ** 20 }],
      [40, { point: '/mnt a\\b', root: '/', dev: 98 * 2 ** 20 + 1 }],
    ]);
  });
});

describe('Mounts', () => {
  it('knows where the whole of a file system is, as the process sees it', () => {
    const { dev } = [...parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).values()].find(
      ({ point }) => point === '/proc',
    ) ?? { dev: 0 };
    const mounts = new Mounts();
    expect(mounts.rootOf(dev, process.pid)).toBe('/proc');
    expect(mounts.rootOf(dev, 2 ** 22)).toBe('/proc');
    expect(mounts.rootOf(2 ** 32 - 1, process.pid)).toBe(null);
  });

  it('knows those of this process, and none that there is not', () => {
    const mounts = new Mounts();
    expect(mounts.get(0, process.pid)).toBe(null);
    expect(mounts.get(2 ** 31 - 1, process.pid)).toBe(null);
    expect(mounts.get(2 ** 31 - 1, 2 ** 22)).toBe(null);
  });
});
