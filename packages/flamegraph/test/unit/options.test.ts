import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FlamegraphOptions, flamegraph } from '../../src/flamegraph.js';
import { frameColor } from '../../src/page/colors.js';
import { run } from '../fixtures/command.js';
import { readPicture } from '../fixtures/frames.js';

const STACKS = 'main;work;sort 30\nmain;work;hash 10\nmain;idle 40\nother;sort 20\n';

async function svg(args: string[], input = STACKS): Promise<string> {
  const { code, stdout, stderr } = await run(args, input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('options of flamegraph.pl and inferno-flamegraph', () => {
  it.each<[string[], string | RegExp]>([
    [['--title', 'On CPU'], />On CPU<\/text>/],
    [['--subtitle', 'a host'], /id="subtitle"[^>]*>a host<\/text>/],
    [['--width', '777'], '<svg version="1.1" width="777"'],
    [['--height', '30'], /<rect [^>]*height="29" fill="rgb/],
    [['--fonttype', 'Verdana'], 'font-family:"Verdana"'],
    [['--fontsize', '15'], 'font-size:15px'],
    [['--fontwidth', '0.7'], 'var fontwidth = 0.7;'],
    [['--countname', 'ms'], '<title>idle (40 ms, 40.00%)</title>'],
    [['--nametype', 'Kind:'], "var nametype = 'Kind:';"],
    [['--bgcolors', 'blue'], 'stop-color="#eeeeee"'],
    [['--bgcolors', '#010203'], 'stop-color="#010203"'],
    [
      ['--uicolor', '#0a0b0c'],
      /id="title"[^>]*fill="rgb\(10,11,12\)"|fill="rgb\(10,11,12\)"[^>]*id="title"/,
    ],
    [['--search-color', '#010203'], "var searchcolor = 'rgb(1,2,3)';"],
    [['--stroke-color', '#010203'], 'stroke:rgb(1,2,3)'],
    [['--inverted'], 'var inverted = true;'],
    [['-i'], '>Icicle Graph</text>'],
    [['--flamechart'], '>Flame Chart</text>'],
    [['--notes', 'from host 7'], '<!--NOTES: from host 7 -->'],
    [['--factor', '2.5'], '<title>idle (100 samples, 40.00%)</title>'],
    [['--total', '400'], '<title>idle (40 samples, 10.00%)</title>'],
    [['--truncate-text-right'], 'var truncate_text_right = true;'],
    [['--pretty-xml'], '\n    <defs>\n'],
    [['--no-sort'], '<title>idle (40 samples, 40.00%)</title>'],
    [['--encoding', 'UTF-8'], '<title>idle (40 samples, 40.00%)</title>'],
    [['--deterministic', '-v', '-q'], '<title>idle (40 samples, 40.00%)</title>'],
  ])('%j', async (args, wanted) => {
    const plain = await svg([]);
    const drawn = await svg(args);
    expect(drawn).toMatch(wanted instanceof RegExp ? wanted : new RegExp(escaped(wanted)));
    const accepted = /no-sort|encoding|deterministic/.test(args[0] ?? '');
    if (!accepted) expect(drawn).not.toBe(plain);
  });

  it('--minwidth leaves out what is narrower', async () => {
    const names = async (...args: string[]) =>
      readPicture(Buffer.from(await svg(args))).frames.map(({ name }) => name);
    expect(await names()).toContain('hash');
    expect(await names('--minwidth', '11')).not.toContain('hash');
  });

  it('--reverse and --base change the stacks', async () => {
    const shown = async (...args: string[]) =>
      readPicture(Buffer.from(await svg(args))).frames.map(({ name, count }) => `${name} ${count}`);
    expect((await shown('--reverse')).slice(0, 4)).toEqual([
      'all 100',
      'hash 10',
      'idle 40',
      'sort 50',
    ]);
    expect(await shown('--base', 'work')).toEqual(['all 40', 'work 40', 'hash 10', 'sort 30']);
    expect(await shown('--base', 'work', '--base', 'idle')).toEqual([
      'all 80',
      'idle 40',
      'work 40',
      'hash 10',
      'sort 30',
    ]);
  });

  it('--flamechart keeps the order of time', async () => {
    const { frames } = readPicture(Buffer.from(await svg(['--flamechart'], 'a 1\nb 2\na 3\n')));
    // As flamegraph.pl and inferno: the last line is on the left.
    expect(frames.map(({ name, count }) => `${name} ${count}`)).toEqual([
      'all 6',
      'a 3',
      'b 2',
      'a 1',
    ]);
  });

  it.each([
    'hot',
    'mem',
    'io',
    'wakeup',
    'chain',
    'java',
    'js',
    'perl',
    'python',
    'rust',
    'red',
    'green',
    'blue',
    'aqua',
    'yellow',
    'purple',
    'orange',
  ])('--colors %s', async (palette) => {
    const colors = async (name?: string) => {
      const { svg } = await flamegraph(
        'main;vfs_read_[k];Foo.bar_[j];Perl_x;waker_[w] 1\n',
        name ? { colors: name } : {},
      );
      return readPicture(svg)
        .frames.map(({ color }) => color)
        .join();
    };
    expect(await colors(palette)).toBe(await colors(palette));
    expect(await colors(palette)).not.toBe(await colors());
  });

  it('--hash, --random and --colordiffusion color in their own ways', async () => {
    const color = async (options: FlamegraphOptions, name: string) => {
      const { svg } = await flamegraph(`${name} 1\nother 3\n`, { colors: 'hot', ...options });
      return readPicture(svg).frames.find((one) => one.name === name)?.color;
    };
    expect(await color({ hash: true }, 'functional_a')).toBe(
      await color({ hash: true }, 'functional_a'),
    );
    expect(await color({}, 'functional_a')).toBe(await color({}, 'functional_a'));
    const random = await Promise.all(Array.from({ length: 5 }, () => color({ random: true }, 'a')));
    expect(new Set(random).size).toBeGreaterThan(1);
    expect(await color({ colorDiffusion: true }, 'a')).toBe(
      await color({ colorDiffusion: true }, 'b'),
    );
  });
});

describe('files beside the picture', () => {
  let directory: string;
  let before: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'flamegraph-'));
    before = process.cwd();
    process.chdir(directory);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(directory, { recursive: true });
  });

  it('--cp keeps the colors of functions in palette.map', async () => {
    writeFileSync('palette.map', 'work->rgb(1,2,3)\n');
    const { frames } = readPicture(Buffer.from(await svg(['--cp'])));
    expect(frames.find(({ name }) => name === 'work')?.color).toBe('rgb(1,2,3)');
    const kept = readFileSync('palette.map', 'utf8');
    expect(kept).toContain('work->rgb(1,2,3)\n');
    for (const { name, color } of frames.slice(1)) expect(kept).toContain(`${name}->${color}\n`);
    rmSync('palette.map');
    await svg(['--cp', '--colors', 'mem']);
    expect(readFileSync('palette.map', 'utf8').match(/->rgb/g)?.length).toBeGreaterThan(4);
  });

  it('--nameattr gives frames attributes', async () => {
    writeFileSync('attributes', 'work\thref=https://example.invalid/work\tclass=hot\n');
    const drawn = await svg(['--nameattr', 'attributes']);
    expect(drawn).toMatch(/<a [^>]*xlink:href="https:\/\/example\.invalid\/work"/);
    expect(readPicture(Buffer.from(drawn)).frames).toHaveLength(8);
  });
});

describe('colors of frames', () => {
  const NAMES = [
    'main',
    'work',
    'vfs_read_[k]',
    'Foo.bar_[j]',
    'inner_[i]',
    'sleeper_[w]',
    '[unknown]',
    '[Missed User Stack]',
    '0x7f00',
    'Interpreter',
    'py::main:/a.py',
    'JS:~slow /a.js:1',
    'é漢',
    'std::vector<int>::at',
  ];

  it('tell kinds apart, follow names alone, and are the same in the page', async () => {
    const colors = async (folded: string) =>
      new Map(
        readPicture((await flamegraph(folded)).svg).frames.map(({ name, color }) => [name, color]),
      );
    const together = await colors(`${NAMES.join(';')} 1\n`);
    for (const name of NAMES) {
      const shown = name.replace(/_\[\w\]$/, '');
      expect(together.get(shown)).toBe(frameColor(name));
      expect((await colors(`x;${name} 3\n`)).get(shown)).toBe(frameColor(name));
    }
    const hues = ['main', 'x_[k]', 'x_[j]', 'x_[i]', 'JS:~x', '[unknown]'].map((name) => {
      const [r = 0, g = 0, b = 0] = (frameColor(name).match(/\d+/g) ?? []).map(Number);
      if (r === g && g === b) return 'grey';
      return (
        [r, g, b].map((part, at, all) => (part === Math.max(...all) ? 'rgb'[at] : '')).join('') +
        (b > r && g > r ? '+' : '')
      );
    });
    expect(hues).toEqual(['r', 'b+', 'g', 'g+', 'b', 'grey']);
  });
});

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
