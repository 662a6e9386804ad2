import { describe, expect, it } from 'vitest';
import { Mounts, parseMountinfo } from '../../src/mounts.js';

describe('parseMountinfo', () => {
  it('has where each mount is, by its id', () => {
    // proc_pid_mountinfo(5), and a name with a space and a backslash.
    const text = `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
40 35 98:1 / /mnt\\040a\\134b rw - ext4 /dev/b rw
`;
    expect([...parseMountinfo(text)]).toEqual([
      [36, '/mnt2'],
      [40, '/mnt a\\b'],
    ]);
  });
});

describe('Mounts', () => {
  it('knows those of this process, and none that there is not', () => {
    const mounts = new Mounts();
    expect(mounts.get(0, process.pid)).toBe(null);
    expect(mounts.get(2 ** 31 - 1, process.pid)).toBe(null);
    expect(mounts.get(2 ** 31 - 1, 2 ** 22)).toBe(null);
  });
});
