import { statfsSync, statSync } from 'node:fs';
import { ToolError } from '@probekit/core';

/** linux/magic.h */
const EXT4 = 0xef53;

/**
 * The rodata of path.bpf.h: what is named by device and inode, so that bind mounts, namespaces and other names of a
 * directory make no difference. Throws ToolError when it is not there or not on ext4.
 */
export function belowRodata(name: string | undefined) {
  if (name === undefined) return {};
  try {
    const { dev, ino } = statSync(name, { bigint: true });
    if (statfsSync(name).type !== EXT4) throw new ToolError(`--path: "${name}" is not on ext4`, 1);
    return { only_below: true, below_dev: kernelDevice(dev), below_ino: Number(ino) };
  } catch (error) {
    if (error instanceof ToolError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'is not there' : `cannot be looked at: ${code}`;
    throw new ToolError(`--path: "${name}" ${why}`, 1);
  }
}

/** As a super block has it (linux/kdev_t.h), of what stat() says (gnu_dev_major() and gnu_dev_minor()). */
function kernelDevice(dev: bigint): number {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return Number((major << 20n) | minor);
}
