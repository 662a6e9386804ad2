import { describe, expect, it } from 'vitest';
import { readWords } from '../../../src/cli/getopt.js';
import { UsageError } from '../../../src/errors.js';
import { completeArgs } from '../../../src/tool/args.js';
import { choice, decimal, flag, optionsOf } from '../../../src/tool/options.js';
import { latencyTool } from '../../fixtures/latency-tool.js';
import { sampler } from '../../fixtures/sampler.js';

describe("a library caller's options", () => {
  it('are filled up with the defaults, undefined being none', () => {
    const args = completeArgs(sampler, { frequency: 99, disk: undefined, pid: undefined });
    expect(args).toMatchObject({
      frequency: 99,
      pid: [],
      user: false,
      offset: 0,
      duration: undefined,
    });
    expect(Object.keys(args).toSorted()).toEqual(Object.keys(sampler.options).toSorted());
  });

  it.each([
    [{ frequency: 0 }, 'frequency must be from 1 to 100000, not 0'],
    [{ frequency: 1.5 }, 'frequency must be a whole number, not 1.5'],
    [{ frequency: Number.NaN }, 'frequency must be a whole number, not NaN'],
    [{ frequency: '99' }, 'frequency must be a whole number, not 99'],
    [{ pid: [1, 0] }, 'pid must be from 1 to 4194304, not 0'],
    [{ pid: [1.5] }, 'pid must be a whole number, not 1.5'],
    [{ pid: [1, Number.NaN] }, 'pid must be a whole number, not NaN'],
    [{ duration: 0 }, 'duration must be more than 0 and at most 2147483 seconds'],
    [{ duration: Number.NaN }, 'duration must be more than 0 and at most 2147483 seconds'],
    [
      { duration: Number.POSITIVE_INFINITY },
      'duration must be more than 0 and at most 2147483 seconds',
    ],
    [{ disk: '' }, 'disk must not be empty'],
    [{ frequncy: 99 }, 'no option "frequncy"'],
    [{ user: true, kernel: true }, '-U and -K exclude each other'],
  ])('%j are refused', (input, message) => {
    expect(() => completeArgs(sampler, input)).toThrow(UsageError);
    expect(() => completeArgs(sampler, input)).toThrow(message);
  });
});

describe('a decimal', () => {
  const { parse } = decimal(null, 'latency', { max: 1e9, metavar: 'MS' });

  it.each([
    ['0', 0],
    ['10', 10],
    ['0.5', 0.5],
    ['.5', 0.5],
  ])('%s is %d', (given, value) => {
    expect(parse([given])).toBe(value);
  });

  it.each([
    ['ten', 'must be a number, not "ten"'],
    ['-1', 'must be a number, not "-1"'],
    ['1e3', 'must be a number, not "1e3"'],
    ['2000000000', 'must be from 0 to 1000000000, not 2000000000'],
  ])('%s is none', (given, message) => {
    expect(() => parse([given])).toThrow(message);
  });
});

describe('a letter that is a digit', () => {
  const options = {
    v4: flag('4', 'IPv4'),
    verbose: flag('v', 'more'),
    least: decimal(null, 'MS', { max: 9, metavar: 'MS' }),
  };

  it.each([
    [['-4'], ['v4'], []],
    [['-4v'], ['v4', 'verbose'], []],
    [['-v4'], ['verbose', 'v4'], []],
    [['-5'], [], ['-5']],
    [['4'], [], ['4']],
  ])('%j', (argv, keys, bare) => {
    const words = readWords(argv, options);
    expect([...words.given.keys()]).toEqual(keys);
    expect(words.bare).toEqual(bare);
  });
});

describe("a tool's options", () => {
  it('are its own, then those of every tool', () => {
    expect(Object.keys(optionsOf(latencyTool().definition))).toEqual([
      'interval',
      'count',
      'duration',
      'json',
      'output',
      'strict',
      'overhead',
      'explain',
      'plan',
      'verbose',
    ]);
  });
});

describe('a choice', () => {
  const color = choice(null, 'how to paint', ['red', 'blue']);

  it('is one of its words, the last that is given', () => {
    expect(color.metavar).toBe('red|blue');
    expect(color.default).toBeUndefined();
    expect(color.parse(['red', 'blue'])).toBe('blue');
    expect(() => color.parse(['green'])).toThrow('must be red or blue, not "green"');
  });
});
