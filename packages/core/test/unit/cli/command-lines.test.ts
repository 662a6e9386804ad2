import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/cli/argv.js';
import { UsageError } from '../../../src/errors.js';
import { sampler } from '../../fixtures/sampler.js';

const DEFAULTS = {
  frequency: 49,
  pid: [],
  user: false,
  kernel: false,
  folded: false,
  annotate: false,
  disk: undefined,
  stackStorageSize: 16_384,
  offset: 0,
  duration: undefined,
  json: false,
  output: undefined,
  strict: false,
  overhead: false,
  explain: false,
  verbose: false,
};

const right: readonly (readonly [
  argv: readonly string[],
  args: Partial<typeof DEFAULTS> | object,
])[] = [
  [[], {}],
  [['-F', '99'], { frequency: 99 }],
  [['-F99'], { frequency: 99 }],
  [['--frequency=49'], { frequency: 49 }],
  [['--frequency', '99'], { frequency: 99 }],
  [['-fF', '99'], { folded: true, frequency: 99 }],
  [['-aF99'], { annotate: true, frequency: 99 }],
  [['-fa'], { folded: true, annotate: true }],
  [['-af', '-U'], { folded: true, annotate: true, user: true }],
  [['-F', '99', '-F', '49'], { frequency: 49 }],
  [['--frequency=1', '-F', '2', '-F3'], { frequency: 3 }],
  [['-F', '1'], { frequency: 1 }],
  [['-F', '100000'], { frequency: 100_000 }],
  [['-F', '007'], { frequency: 7 }],
  [['-p', '1'], { pid: [1] }],
  [['-p1,2', '-p', '3'], { pid: [1, 2, 3] }],
  [['--pid=1', '--pid', '2'], { pid: [1, 2] }],
  [['-fp1,2'], { folded: true, pid: [1, 2] }],
  [['-d', 'sda'], { disk: 'sda' }],
  [['-dsda'], { disk: 'sda' }],
  [['-ocpu.svg'], { output: 'cpu.svg' }],
  [['-d', '-F'], { disk: '-F' }],
  [['-d', '--'], { disk: '--' }],
  [['-d', ' '], { disk: ' ' }],
  [['-d', '"sda"'], { disk: '"sda"' }],
  [["--disk='sda'"], { disk: "'sda'" }],
  [['--disk=a=b'], { disk: 'a=b' }],
  [['--disk==b'], { disk: '=b' }],
  [['--disk=--json'], { disk: '--json' }],
  [['-d=x'], { disk: '=x' }],
  [['-d', 'größe-磁盘-💽'], { disk: 'größe-磁盘-💽' }],
  [['-fd💽'], { folded: true, disk: '💽' }],
  [['-d', 'a\nb\0c'], { disk: 'a\nb\0c' }],
  [['-d', '__proto__'], { disk: '__proto__' }],
  [['-d', '0x10'], { disk: '0x10' }],
  [['-d', '1e3'], { disk: '1e3' }],
  [['--stack-storage-size', '5'], { stackStorageSize: 5 }],
  [['--offset', '-5'], { offset: -5 }],
  [['--offset=-5'], { offset: -5 }],
  [['30'], { duration: 30 }],
  [['0.5'], { duration: 0.5 }],
  [['.5'], { duration: 0.5 }],
  [['--duration', '30'], { duration: 30 }],
  [['-F', '99', '-a', '30'], { frequency: 99, annotate: true, duration: 30 }],
  [['30', '-F', '99'], { duration: 30, frequency: 99 }],
  [['--', '30'], { duration: 30 }],
  [['-f', '--', '30'], { folded: true, duration: 30 }],
  [['--json', '--json'], { json: true }],
  [
    ['--json', '-o', 'x', '--strict', '--overhead', '--explain', '--verbose'],
    {
      json: true,
      output: 'x',
      strict: true,
      overhead: true,
      explain: true,
      verbose: true,
    },
  ],
];

const wrong: readonly (readonly [argv: readonly string[], message: string])[] = [
  [['-F', 'abc'], '--frequency must be a whole number, not "abc"'],
  [['-F', '0x10'], '--frequency must be a whole number, not "0x10"'],
  [['-F', '1e3'], '--frequency must be a whole number, not "1e3"'],
  [['-F', '4.5'], '--frequency must be a whole number, not "4.5"'],
  [['-F', ' 49'], '--frequency must be a whole number, not " 49"'],
  [['-F', '٤٩'], '--frequency must be a whole number, not "٤٩"'],
  [['-F', ''], '--frequency must be a whole number, not ""'],
  [['--frequency='], '--frequency must be a whole number, not ""'],
  [['-F', '9007199254740993'], '--frequency must be a whole number, not "9007199254740993"'],
  [['-F', '0'], '--frequency must be from 1 to 100000, not 0'],
  [['-F', '-49'], '--frequency must be from 1 to 100000, not -49'],
  [['-F', '10000000'], '--frequency must be from 1 to 100000, not 10000000'],
  [['-F', '49', '-F', 'x'], '--frequency must be a whole number, not "x"'],
  [['-F'], '-F needs a value: HZ'],
  [['-fF'], '-F needs a value: HZ'],
  [['--frequency'], '--frequency needs a value: HZ'],
  [['-o'], '-o needs a value: FILE'],
  [['-o', ''], '--output must not be empty'],
  [['--disk='], '--disk must not be empty'],
  [['-p', ''], '--pid must be a whole number, not ""'],
  [['-p', '1,'], '--pid must be a whole number, not ""'],
  [['-p', '1,,2'], '--pid must be a whole number, not ""'],
  [['-p', '1 2'], '--pid must be a whole number, not "1 2"'],
  [['-p', '0'], '--pid must be from 1 to 4194304, not 0'],
  [['-p', '1', '-p', '-1'], '--pid must be from 1 to 4194304, not -1'],
  [['--no-json'], 'unknown option --no-json; did you mean --json?'],
  [['--json=false'], '--json takes no value'],
  [['--json='], '--json takes no value'],
  [['--freq', '9'], 'unknown option --freq; did you mean --frequency?'],
  [['--frequencey', '9'], 'unknown option --frequencey; did you mean --frequency?'],
  [
    ['--stackStorageSize', '9'],
    'unknown option --stackStorageSize; did you mean --stack-storage-size?',
  ],
  [['--quite-different'], 'unknown option --quite-different; --help lists them'],
  [['--constructor'], 'unknown option --constructor; --help lists them'],
  [['-k'], 'unknown option -k; did you mean -K (--kernel)?'],
  [['-fz'], 'unknown option -z; --help lists them'],
  [['-💽'], 'unknown option -💽; --help lists them'],
  [['-5x'], 'duration must be a number of seconds, not "-5x"'],
  [['-5'], 'duration must be a number of seconds, not "-5"'],
  [['-'], 'duration must be a number of seconds, not "-"'],
  [[''], 'duration must be a number of seconds, not ""'],
  [['0'], 'duration must be more than 0 and at most 2147483 seconds'],
  [['99999999999'], 'duration must be more than 0 and at most 2147483 seconds'],
  [['10s'], 'duration must be a number of seconds, not "10s"'],
  [['--', '--json'], 'duration must be a number of seconds, not "--json"'],
  [['10', '20'], 'unexpected argument "20"; --help shows the usage'],
  [['10', '--', '20'], 'unexpected argument "20"; --help shows the usage'],
  [['10', '--duration', '20'], 'duration is given twice: as --duration and as "10"'],
  [['-U', '-K'], '-U and -K exclude each other'],
  [['-UK'], '-U and -K exclude each other'],
];

describe('a command line', () => {
  it.each(right)('%j is read', async (argv, args) => {
    expect(await parseCommand(sampler, argv)).toEqual({
      kind: 'run',
      args: { ...DEFAULTS, ...args },
    });
  });

  it.each(wrong)('%j is refused', async (argv, message) => {
    const error: unknown = await parseCommand(sampler, argv).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message, exitCode: 2 });
  });

  it('gives all that follow to a last positional with dots', async () => {
    const files = { ...sampler, positionals: ['duration', 'pid...'] };
    expect(await parseCommand(files, ['5', '1', '2', '-f', '3'])).toMatchObject({
      args: { duration: 5, pid: [1, 2, 3], folded: true },
    });
  });
});
