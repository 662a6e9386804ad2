import { describe, expect, it } from 'vitest';
import { document } from '../kernels/document.mjs';
import { type Column, column, compare } from '../kernels/matrix.mjs';

const wanted: Column = {
  release: '6.1.0-50',
  rows: { profile: 'cpu-clock' },
  instructions: { profile: { sample: 1000 } },
  skips: { 'packages/x: needs a module': 'not built' },
};
const faults = (ran: Partial<Column>) => compare('6.1', { ...wanted, ...ran }, wanted).faults;

describe('a run held against the matrix', () => {
  it('is right when it does the same, on a later release too', () => {
    expect(compare('6.1', { ...wanted, release: '6.1.0-60' }, wanted)).toEqual({
      compared: 3,
      faults: [],
    });
  });

  it.each([
    ['another plan', { rows: { profile: 'other' } }],
    ['no plan', { rows: {} }],
    ['a tool that is new', { rows: { ...wanted.rows, tool: 'fentry' } }],
    ['a program that grew by more than a fifth', { instructions: { profile: { sample: 1201 } } }],
    ['a program that is not loaded', { instructions: {} }],
    ['a program without a baseline', { instructions: { profile: { sample: 1000, second: 10 } } }],
    ['a skip for another cause', { skips: { 'packages/x: needs a module': 'no such device' } }],
    ['a skip that nobody agreed to', { skips: { 'another test': 'no such device' } }],
  ])('fails in exactly one cell by %s', (_, ran) => {
    expect(faults(ran)).toHaveLength(1);
  });

  it('lets a program grow by a fifth', () => {
    expect(faults({ instructions: { profile: { sample: 1200 } } })).toEqual([]);
  });

  it('fails on a kernel that is not in it', () => {
    expect(compare('7.x', wanted, undefined).faults).toEqual([
      '7.x is not in the matrix; npm run kernels records it',
    ]);
  });
});

it('a column takes plans, instructions and skips from a run', () => {
  const recorded = { plans: { profile: 'cpu-clock' }, instructions: {} };
  const skipped = [{ name: 'a', cause: 'b' }];
  expect(column('6.1.0', { passed: 1, failed: [], skipped, recorded })).toEqual({
    release: '6.1.0',
    rows: { profile: 'cpu-clock' },
    instructions: {},
    skips: { a: 'b' },
  });
});

it('the document has a cell for each tool and kernel', () => {
  const text = document({ '6.1': wanted, host: { ...wanted, rows: {} } });
  expect(text).toContain('| `profile` | cpu-clock | - |\n');
  expect(text).toContain('| `profile` sample | 1000 | 1000 |\n');
});

it('the document names the skips of what has no column', () => {
  const text = document({ '6.1': wanted, btf: { ...wanted, rows: {}, instructions: {} } });
  expect(text).toContain('- btf: packages/x: needs a module: not built\n');
  expect(text).toContain('| program | 6.1 |\n');
});
