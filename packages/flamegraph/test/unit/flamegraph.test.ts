import { ToolError, UsageError } from '@probekit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FlamegraphOptions, flamegraph } from '../../src/flamegraph.js';
import { readPicture } from '../fixtures/frames.js';

async function draw(folded: string | Buffer, options?: FlamegraphOptions) {
  const graph = await flamegraph(Buffer.from(folded as string), options);
  return { ...graph, ...readPicture(graph.svg) };
}

/** `depth name count` of every frame but the root, which is the sum. */
async function outline(folded: string | Buffer): Promise<string[]> {
  const { frames } = await draw(folded);
  expect(frames[0]).toMatchObject({ name: 'all', depth: 0 });
  return frames.slice(1).map(({ depth, name, count }) => `${depth} ${name} ${count}`);
}

describe('the frames of a flame graph', () => {
  it.each([
    ['one stack', 'main;work 7\n', ['1 main 7', '2 work 7']],
    ['no final newline', 'main;work 7', ['1 main 7', '2 work 7']],
    ['CRLF', 'a;b 1\r\nc 2\r\n', ['1 a 1', '1 c 2', '2 b 1']],
    [
      'unsorted lines, some twice',
      'b 1\na;c 2\nb 3\na;b 4\na 5\na;c 6\n',
      ['1 a 17', '1 b 4', '2 b 4', '2 c 8'],
    ],
    ['empty lines', '\n\na 1\n \t \n\r\nb 2\n\n', ['1 a 1', '1 b 2']],
    ['recursion', 'a;a;a 2\na;a 3\n', ['1 a 5', '2 a 5', '3 a 2']],
    ['fractions', 'a;b 0.25\na;c 1.5\nd 7\n', ['1 a 1.75', '1 d 7', '2 b 0.25', '2 c 1.5']],
    ['small fractions', 'a 0.000001\nb 0.0020129\n', ['1 a 0.000001', '1 b 0.002012']],
    [
      'the largest exact count',
      `a ${Number.MAX_SAFE_INTEGER - 1}\nb 1\n`,
      ['1 a 9,007,199,254,740,990'],
    ],
    ['counts of zero', 'a;b 1\na;c 0\nd 0\n', ['1 a 1', '2 b 1']],
    ['spaces around', '  a;b  3  \n', ['1 a 3', '2 b 3']],
    ['names with spaces', 'the main thread;a  b 3\n', ['1 the main thread 3', '2 a  b 3']],
    ['names without letters', ';a;;b 3\n', ['1  3', '2 a 3', '3  3', '4 b 3']],
    ['names that end in a number', 'worker 3;thread 12 5\n', ['1 worker 3 5', '2 thread 12 5']],
    ['a name like a comment', '# a;b 5\n', ['1 # a 5', '2 b 5']],
    [
      'names like figures',
      'f(int) (2);g (1 samples, 5%) 4\n',
      ['1 f(int) (2) 4', '2 g (1 samples, 5%) 4'],
    ],
    ['a name like the root', 'all;all 4\n', ['1 all 4', '2 all 4']],
    ['letters of the world', '漢字;é😀 2\n', ['1 漢字 2', '2 é😀 2']],
    ['entities', '&amp;;&lt;b&gt; 2\n', ['1 &amp 2', '2  2', '3 &lt 2', '4 b&gt 2', '5  2']],
    [
      'markup',
      `<script>alert(1)</script>;]]>;</title>;"quoted's";<!-- 2\n`,
      ['1 <script>alert(1)</script> 2', '2 ]]> 2', '3 </title> 2', `4 "quoted's" 2`, '5 <!-- 2'],
    ],
    [
      'control characters',
      '\u001b[2J;\u0000\u0007;\u009b3 2\n',
      ['1 \\x1b[2J 2', '2 \\x00\\x07 2', '3 \\x9b3 2'],
    ],
    [
      'marks of direction',
      '\u202egnp.exe;\u2066x\u2069 2\n',
      ['1 \\u{202e}gnp.exe 2', '2 \\u{2066}x\\u{2069} 2'],
    ],
    ['what is no character in XML', 'a\uffff;b\ufffe 2\n', ['1 a\\u{ffff} 2', '2 b\\u{fffe} 2']],
    [
      'invalid UTF-8',
      Buffer.from([0x61, 0xff, 0x3b, 0xc3, 0x28, 0x3b, 0xed, 0xa0, 0x80, 0x20, 0x32, 0x0a]),
      ['1 a\ufffd 2', '2 \ufffd( 2', '3 \ufffd\ufffd\ufffd 2'],
    ],
  ])('are those of the input: %s', async (_, folded, frames) => {
    expect(await outline(folded)).toEqual(frames);
  });

  it('are those of any input', async () => {
    // Two stacks less than the 10,000th part of the whole would not be drawn at all.
    const name = fc.stringMatching(/^[a-zA-Z<&"' .:]{0,6}[a-z]$/);
    const stack = fc.record({
      frames: fc.array(name, { minLength: 1, maxLength: 6 }),
      count: fc.integer({ min: 1, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(stack, { minLength: 1, maxLength: 40 }), async (stacks) => {
        const folded = stacks.map(({ frames, count }) => `${frames.join(';')} ${count}\n`);
        const { frames, total } = await draw(folded.join(''));
        const shown = frames.map(({ depth, name, width }) => `${depth} ${name} ${width}`);
        expect(shown.sort()).toEqual(merged(stacks));
        expect(total).toBe(stacks.reduce((sum, { count }) => sum + count, 0));
        for (const { count, width, percent } of frames) {
          expect(Number(count.replaceAll(',', ''))).toBe(width);
          expect(Math.abs(Number(percent) - (100 * width) / total)).toBeLessThan(0.0051);
        }
      }),
      { numRuns: 60 },
    );
  }, 20_000);

  it('lie on their callers and beside each other', async () => {
    const { frames } = await draw('a;b;c 5\na;b 2\na;d 3\ne 10\n');
    expect(frames.map(({ name, start, width }) => [name, start, width])).toEqual([
      ['all', 0, 20],
      ['a', 0, 10],
      ['e', 10, 10],
      ['b', 0, 7],
      ['d', 7, 3],
      ['c', 2, 5],
    ]);
  });
});

/** What the frames should be, folded another way: every prefix of a stack is a frame. */
function merged(stacks: readonly { frames: string[]; count: number }[]): string[] {
  const counts = new Map<string, number>();
  for (const { frames, count } of stacks) {
    const path = ['all', ...frames.map((frame, at) => (at === 0 ? frame.trimStart() : frame))];
    for (let depth = 0; depth < path.length; depth++) {
      const key = JSON.stringify(path.slice(0, depth + 1));
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  return [...counts]
    .map(([key, count]) => {
      const path: string[] = JSON.parse(key);
      return `${path.length - 1} ${path.at(-1)} ${count}`;
    })
    .sort();
}

describe('lines that are no stack', () => {
  it('are left out and named by number, from 1', async () => {
    const wrong = ['no count', 'a -1', 'a +1', 'a 1e3', 'a 0x10', 'a 1,5', 'a .5', 'a ١', ' 7'];
    const folded = wrong.map((line) => `${line}\na;b 2\n\n`).join('');
    const graph = await draw(folded);
    expect(graph.malformed).toEqual(
      wrong.map((text, index) => ({ line: 3 * index + 1, text: text.trim() })),
    );
    expect(graph).toMatchObject({ malformedCount: 9, stacks: 9, total: 18 });
    expect(graph.frames.map(({ name, width }) => [name, width])).toEqual([
      ['all', 18],
      ['a', 18],
      ['b', 18],
    ]);
  });

  it('are named ten times, counted always, and shown harmless and short', async () => {
    const graph = await draw(`a 1\n${`\u001b[2J${'x'.repeat(1000)}\r\n`.repeat(25)}`);
    expect(graph.malformedCount).toBe(25);
    expect(graph.malformed.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    for (const { text } of graph.malformed) expect(text).toMatch(/^\\x1b\[2Jx{70,80}$/);
  });

  it.each(['', '\n\n', 'no count\n', '<svg/>', 'a 0\nb 0.0\n', '\u0000\u0001\u0002'])(
    'and nothing else is an error: %j',
    async (folded) => {
      const error = await flamegraph(Buffer.from(folded)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ToolError);
      expect(error).toMatchObject({
        exitCode: 1,
        message: 'no stack in the input: lines are "frame;frame;frame count"',
      });
    },
  );
});

describe('an option', () => {
  it('for a palette that there is not names those that there are', async () => {
    const error = await flamegraph(Buffer.from('a 1'), { colors: 'pi\u001bnk' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(
      /^there is no palette "pi\\x1bnk": use kinds, chain, hot, mem, io, .*java.*, orange$/,
    );
  });

  it('out of range says the range', async () => {
    await expect(flamegraph(Buffer.from('a 1'), { width: 99 })).rejects.toThrow(
      'width must be from 100 to 100000',
    );
  });

  it('for titles is text, whatever it holds', async () => {
    const { texts, elements, frames } = await draw('a 3\n', {
      title: '</text><script>alert(1)</script>',
      subtitle: '<a href="javascript:alert(1)">&amp;\u202e',
      countName: '<b>ticks</b>',
    });
    expect(texts.get('title')).toBe('</text><script>alert(1)</script>');
    expect(texts.get('subtitle')).toBe('<a href="javascript:alert(1)">&amp;\\u{202e}');
    expect(frames.map(({ count }) => count)).toEqual(['3', '3']);
    expect(elements).not.toContain('a');
    expect(elements).not.toContain('b');
  });

  it('merges stacks from the leaf', async () => {
    const { frames } = await draw('a;c 1\nb;c 2\n', { reverse: true });
    expect(frames.map(({ depth, name, width }) => [depth, name, width])).toEqual([
      [0, 'all', 3],
      [1, 'c', 3],
      [2, 'a', 1],
      [2, 'b', 2],
    ]);
  });

  it('turns the picture upside down', async () => {
    const upright = await draw('a;b 1\nc 2\n');
    const inverted = await draw('a;b 1\nc 2\n', { inverted: true });
    expect(inverted.frames).toEqual(upright.frames);
    expect(inverted.svg).not.toEqual(upright.svg);
  });
});

it('draws the same bytes from the same input', async () => {
  const folded = Buffer.from('main;work;a 3\nmain;work;b 2\nmain;idle 1\n'.repeat(50));
  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => flamegraph(folded)));
  for (const { svg } of others) expect(svg.equals(first?.svg as Buffer)).toBe(true);
});

it('draws stacks of a thousand frames', async () => {
  const deep = Array.from({ length: 1000 }, (_, depth) => `f${depth}`);
  const { frames } = await draw(`${deep.join(';')} 2\n`);
  expect(frames.map(({ name }) => name)).toEqual(['all', ...deep]);
});
