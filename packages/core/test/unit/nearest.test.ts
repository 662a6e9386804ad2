import { describe, expect, it } from 'vitest';
import { nearestNames } from '../../src/nearest.js';

describe('the nearest names', () => {
  it('are those that differ least, the likest first, five at most', () => {
    const names = ['vfs_read', 'vfs_readv', 'vfs_write', 'unlike', 'vfs_reads', 'vcs_read'];
    expect(nearestNames('vfs_raed', names)).toEqual(['vfs_read']);
    expect(nearestNames('vfs_rea', names)).toEqual([
      'vfs_read',
      'vcs_read',
      'vfs_reads',
      'vfs_readv',
    ]);
    expect(nearestNames('vfs', [...names, 'vfs_a', 'vfs_b'])).toHaveLength(5);
  });

  it('are none where nothing is like it', () => {
    expect(nearestNames('quite_another', ['vfs_read', 'x'])).toEqual([]);
  });
});
