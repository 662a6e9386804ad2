import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/cli/argv.js';
import { longName } from '../../../src/cli/getopt.js';
import type { Option } from '../../../src/tool/options.js';
import { sampler } from '../../fixtures/sampler.js';

async function printed(...argv: string[]): Promise<string> {
  const command = await parseCommand(sampler, argv);
  if (command.kind !== 'text') throw new Error('it runs');
  return command.text;
}

describe('--help', () => {
  it.each(Object.entries(sampler.options) as [string, Option<unknown>][])(
    'names %s once, with its letter and text',
    async (key, option) => {
      const lines = (await printed('--help'))
        .split('\n')
        .filter((line) => new RegExp(` --${longName(key)} `).test(line));
      expect(lines).toHaveLength(1);
      expect(lines[0]?.trim().startsWith(option.letter ? `-${option.letter}, --` : '--')).toBe(
        true,
      );
      expect(lines[0]).toContain(option.help);
      if (option.metavar) expect(lines[0]).toContain(`--${longName(key)} ${option.metavar} `);
    },
  );

  it('shows usage, summary, defaults and examples in at most 100 columns', async () => {
    const help = await printed('-h');
    expect(help).toMatch(/^sampler \[options\] \[duration\]\n\nsample stacks and count them\n/);
    expect(help).toMatch(/--frequency HZ .*\(49\)/);
    expect(help).toMatch(/sampler -F 99 10\s+ten seconds/);
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('lists -h and -V, and no option twice', async () => {
    const help = await printed('--help');
    const names = [...help.matchAll(/ --([a-z-]+) /g)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.toSorted()).toEqual(
      [...Object.keys(sampler.options).map(longName), 'help', 'version'].toSorted(),
    );
    expect(help).toMatch(/-h, --help /);
    expect(help).toMatch(/-V, --version /);
  });

  it.each([['-h'], ['--help'], ['-fh'], ['-F', 'abc', '--help'], ['1', '2', '3', '-h']])(
    'wins over what else is there: %j %j',
    async (...argv) => expect(await printed(...argv)).toMatch(/^sampler \[options\]/),
  );

  it('does not read a value as itself', async () => {
    expect(await parseCommand(sampler, ['-d', '--help'])).toMatchObject({
      args: { disk: '--help' },
    });
  });

  it.each([0, undefined, 1000])('fits a terminal that says %s columns', async (columns) => {
    const before = process.stdout.columns;
    process.stdout.columns = columns as number;
    try {
      expect(
        (await printed('-h')).split('\n').some((line) => /-F, --frequency HZ .*\(49\)/.test(line)),
      ).toBe(true);
    } finally {
      process.stdout.columns = before;
    }
  });
});

describe('--version', () => {
  it.each(['-V', '--version'])('%s names the tool', async (option) => {
    expect(await printed(option)).toBe('sampler 1.2.3\n');
  });
});
