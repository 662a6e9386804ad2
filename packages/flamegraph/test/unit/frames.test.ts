import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { flamegraph } from '../../src/flamegraph.js';
import { readPicture } from '../fixtures/frames.js';

interface Stack {
  readonly frames: readonly string[];
  readonly count: number;
  readonly before?: number;
}

/** What a picture should show, folded another way: every prefix of a stack is a frame. */
function expected(stacks: readonly Stack[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { frames, count } of stacks) {
    for (let depth = 0; depth <= frames.length; depth++) {
      const path = ['all', ...frames.slice(0, depth)].join('\n');
      counts.set(path, (counts.get(path) ?? 0) + count);
    }
  }
  return counts;
}

/** `depth name count` as often as it is there. */
function multiset(frames: Iterable<readonly [depth: number, name: string, count: number]>) {
  return [...frames].map(([depth, name, count]) => `${depth} ${name} ${count}`).sort();
}

function wanted(stacks: readonly Stack[]): string[] {
  return multiset(
    [...expected(stacks)]
      .filter(([, count]) => count > 0)
      .map(([path, count]) => {
        const names = path.split('\n');
        return [names.length - 1, names.at(-1) as string, Math.round(count * 1e6) / 1e6] as const;
      }),
  );
}

async function drawn(folded: Parameters<typeof flamegraph>[0]): Promise<string[]> {
  const { svg } = await flamegraph(folded, { minWidth: 0 });
  return multiset(
    readPicture(svg).frames.map(
      ({ depth, name, count }) => [depth, name, Number(count.replaceAll(',', ''))] as const,
    ),
  );
}

const lines = (stacks: readonly Stack[]) =>
  stacks.map(({ frames, count }) => `${frames.join(';')} ${count}\n`).join('');

/** The same numbers in each run: a linear congruential generator (Numerical Recipes). */
function dice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const ODD = [
  'std::vector<int, std::allocator<int> >::push_back(int const&)',
  'operator new[](unsigned long)',
  '-[NSObject init]',
  'java.util.HashMap$Node.<init>:()V',
  'λ漢字 é',
  'a  b',
  '100%',
  'f(1 samples, 5%)',
  'all',
  '-',
  '--',
  '[unknown]',
  '0x7f00',
  'worker 12',
  '# not a comment',
  '"quoted" \'name\' & <tag>',
  '\\x1b',
  'x'.repeat(2000),
];

/** Stacks of odd names, in no order, many of them twice. */
function oddStacks(number: number, fraction: boolean): Stack[] {
  const roll = dice(number);
  return Array.from({ length: number }, () => ({
    frames: Array.from({ length: 1 + roll(7) }, () => ODD[roll(ODD.length)] as string),
    count: fraction ? (1 + roll(100_000)) / 1000 : 1 + roll(50),
  }));
}

describe('the frames of a picture', () => {
  it.each([
    ['odd names', oddStacks(400, false)],
    ['fractions', oddStacks(300, true)],
    [
      'one of a frame that others have as a prefix',
      [
        { frames: ['a'], count: 1 },
        { frames: ['a b'], count: 2 },
        { frames: ['a', 'b'], count: 3 },
        { frames: ['a.b'], count: 4 },
        { frames: ['a', 'b c'], count: 5 },
      ],
    ],
    [
      '300 levels',
      Array.from({ length: 40 }, (_, n) => ({
        frames: Array.from(
          { length: 300 },
          (_, level) => `level_${level < 250 ? level : level * (n + 1)}`,
        ),
        count: n + 1,
      })),
    ],
    [
      'counts from one to the largest',
      [
        { frames: ['a', 'huge'], count: 2 ** 52 },
        { frames: ['a', 'one'], count: 1 },
      ],
    ],
  ] as [string, Stack[]][])(
    'are those of the input, each with its count: %s',
    async (_, stacks) => {
      expect(await drawn(lines(stacks))).toEqual(wanted(stacks));
    },
  );

  it('do not depend on the order of lines, on empty ones, or on where the input is cut', async () => {
    const stacks = oddStacks(200, true);
    const folded = lines(stacks);
    const turned = `\n\r\n${lines([...stacks].reverse()).replaceAll('\n', '\r\n\n \t\n')}`;
    expect(await drawn(turned)).toEqual(wanted(stacks));
    const bytes = Buffer.from(folded);
    const roll = dice(3);
    function* pieces() {
      for (let at = 0; at < bytes.length; ) {
        const end = at + roll(60);
        yield bytes.subarray(at, end);
        at = end;
      }
    }
    expect(await drawn(pieces())).toEqual(wanted(stacks));
  });

  it('are those of a million lines', async () => {
    const roll = dice(1);
    const stacks: Stack[] = Array.from({ length: 3000 }, () => ({
      frames: Array.from({ length: 2 + roll(9) }, (_, depth) => `function_${depth}_${roll(4)}`),
      count: 0,
    }));
    const sums = stacks.map(() => 0);
    async function* million() {
      for (let batch = 0; batch < 1000; batch++) {
        let text = '';
        for (let line = 0; line < 1000; line++) {
          const which = roll(stacks.length);
          const count = 1 + roll(9);
          (sums[which] as number) += count;
          text += `${(stacks[which] as Stack).frames.join(';')} ${count}\n`;
        }
        yield text;
      }
    }
    const { svg, stacks: read, total } = await flamegraph(million(), { minWidth: 0 });
    expect(read).toBe(1_000_000);
    const real = stacks.map(({ frames }, which) => ({ frames, count: sums[which] as number }));
    expect(total).toBe(sums.reduce((a, b) => a + b));
    const seen = multiset(
      readPicture(svg).frames.map(({ depth, name, width }) => [depth, name, width] as const),
    );
    expect(seen).toEqual(wanted(real));
  });

  it('that are too narrow are counted in their callers alone', async () => {
    const { svg } = await flamegraph('a;b 1\na;c 99\nd 1\n', { minWidth: 5 });
    const { frames, total } = readPicture(svg);
    expect(frames.map(({ name, width }) => `${name} ${width}`)).toEqual([
      'all 101',
      'a 100',
      'c 99',
    ]);
    expect(total).toBe(101);
  });
});

describe('the frames of a comparison', () => {
  /** Change of the stacks that end in each frame, as the title has it. */
  async function changes(before: string, after: string, options = {}) {
    const { svg } = await flamegraph(after, { before, minWidth: 0, ...options });
    return readPicture(svg)
      .frames.map(({ depth, name, count, change }) => `${depth} ${name} ${count} ${change ?? ''}`)
      .sort();
  }

  it('have the counts after, and by how much of the whole they changed themselves', async () => {
    const before = 'a;b 10\na;c 30\nd 10\na 7\n';
    const after = 'd 10\na;c 20\na;b 40\ne;f 30\n';
    expect(await changes(before, after)).toEqual([
      '0 all 100 ',
      '1 a 60 -7.00',
      '1 d 10 0.00',
      '1 e 30 0.00',
      '2 b 40 +30.00',
      '2 c 20 -10.00',
      '2 f 30 +30.00',
    ]);
  });

  it('are those of any two inputs', async () => {
    const roll = dice(9);
    const stacks: Stack[] = oddStacks(300, false).map((stack) => ({ ...stack, before: roll(50) }));
    const before = stacks.map(({ frames, before }) => ({ frames, count: before as number }));
    const { svg } = await flamegraph(lines(stacks), { before: lines(before), minWidth: 0 });
    const { frames, total } = readPicture(svg);
    expect(multiset(frames.map(({ depth, name, width }) => [depth, name, width] as const))).toEqual(
      wanted(stacks),
    );
    const own = new Map<string, number>();
    for (const { frames, count, before = 0 } of stacks) {
      const path = frames.join(';');
      own.set(path, (own.get(path) ?? 0) + count - before);
    }
    const seen = frames.slice(1).map(({ depth, name, change }) => `${depth} ${name} ${change}`);
    const paths = [...expected(stacks).keys()].filter((path) => path !== 'all');
    const should = paths.map((path) => {
      const names = path.split('\n').slice(1);
      const change = ((100 * (own.get(names.join(';')) ?? 0)) / total).toFixed(2);
      const zero = Number(own.get(names.join(';')) ?? 0) === 0;
      return `${names.length} ${names.at(-1)} ${zero || Number(change) < 0 || change.startsWith('-') ? change : `+${change}`}`;
    });
    expect(seen.sort()).toEqual(should.sort());
  });

  it('can be compared by shares, turned around, and read from lines of two counts', async () => {
    const [before, after] = ['a 10\nb 30\n', 'a 50\nb 50\n'];
    expect(await changes(before, after, { normalize: true })).toEqual([
      '0 all 100 ',
      '1 a 50 +25.00',
      '1 b 50 -25.00',
    ]);
    // A third of ten is not three.
    expect(await changes('a 1\nb 2\n', 'a 4\nb 6\n', { normalize: true })).toEqual([
      '0 all 10 ',
      '1 a 4 +6.67',
      '1 b 6 -6.67',
    ]);
    expect(await changes(before, after, { negate: true })).toContain('1 a 50 -40.00');
    const { svg } = await flamegraph('a 10 50\nb 30 50\nno 5\n', { twoCounts: true });
    const { frames } = readPicture(svg);
    expect(frames.map(({ name, change }) => [name, change])).toEqual([
      ['all', undefined],
      ['a', '+40.00'],
      ['b', '+20.00'],
    ]);
  });

  it('keep fractions', async () => {
    expect(await changes('a 0.5\nb 1\n', 'a 0.75\nb 0.25\n')).toEqual([
      '0 all 1 ',
      '1 a 0.75 +25.00',
      '1 b 0.25 -75.00',
    ]);
  });
});

it('is the same picture from the same stacks, whatever the order', async () => {
  const stacks = oddStacks(300, false);
  const pictures = await Promise.all(
    [stacks, [...stacks].reverse()].map((one) => flamegraph(lines(one), { embed: false })),
  );
  const [first, second] = pictures.map(({ svg }) => createHash('sha256').update(svg).digest('hex'));
  expect(first).toBe(second);
});
