import { describe, expect, it } from 'vitest';
import { qualityLines, shares } from '../../../src/render/quality-text.js';
import type { ProcessQuality } from '../../../src/report.js';

const process = (pid: number, lacking: number, remedy: string | null = null): ProcessQuality => ({
  pid,
  name: 'java',
  samples: 60,
  complete: 60 - lacking,
  truncated: lacking,
  unresolved: 0,
  remedy,
});

describe('the quality of stacks, for a person', () => {
  it('says 100 % of nothing less', () => {
    expect(shares({ samples: 10_000, complete: 9_999, truncated: 1, unresolved: 0 })).toBe(
      '99.9 % complete, 0.0 % truncated, 0.0 % unresolved',
    );
    expect(shares({ samples: 3, complete: 3, truncated: 0, unresolved: 0 })).toBe(
      '100.0 % complete, 0.0 % truncated, 0.0 % unresolved',
    );
  });

  it('names the worst processes and what would make them better', () => {
    const processes = [
      process(1, 60, 'add -XX:+PreserveFramePointer'),
      process(2, 50),
      ...[3, 4, 5, 6, 7].map((pid) => process(pid, 3, 'x')),
      process(8, 2, 'too good for a line'),
    ];
    const all = { samples: 480, complete: 353, truncated: 127, unresolved: 0 };
    expect(qualityLines({ type: 'quality', ...all, processes })).toEqual([
      'stacks: 73.5 % complete, 26.5 % truncated, 0.0 % unresolved',
      'pid 1 java: add -XX:+PreserveFramePointer (60 of 60 stacks are not complete)',
      'pid 2 java: 50 of 60 stacks are not complete',
      'pid 3 java: x (3 of 60 stacks are not complete)',
      'pid 4 java: x (3 of 60 stacks are not complete)',
      'pid 5 java: x (3 of 60 stacks are not complete)',
      '2 more processes have incomplete stacks: --json names them all',
    ]);
  });

  it('is nothing without samples', () => {
    const none = { samples: 0, complete: 0, truncated: 0, unresolved: 0 };
    expect(qualityLines({ type: 'quality', ...none, processes: [] })).toEqual([]);
  });
});
