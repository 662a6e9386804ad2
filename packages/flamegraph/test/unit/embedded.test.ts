import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extract, flamegraph, flamegraphPage } from '../../src/flamegraph.js';
import { run } from '../fixtures/command.js';
import { readPicture } from '../fixtures/frames.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'flamegraph-'));
});
afterEach(() => rmSync(directory, { recursive: true }));
const at = (name: string) => path.join(directory, name);

const STACKS = 'main;work;sort 30\nmain 2\nother;sort 20.5\nmain;work;sort 1.25\n';
const MERGED = 'main 2\nmain;work;sort 31.25\nother;sort 20.5\n';

describe('the stacks in a picture', () => {
  it.each([
    ['SVG', async (folded: Buffer) => (await flamegraph(folded, { minWidth: 50 })).svg],
    ['page', async (folded: Buffer) => (await flamegraphPage(folded)).html],
  ])('come out of the %s as they went in, merged and sorted', async (_, draw) => {
    const { folded, compares } = await extract(await draw(Buffer.from(STACKS)), 'x');
    expect(folded.toString()).toBe(MERGED);
    expect(compares).toBe(false);
    // Bytes that are no characters, and characters that act on a page, too.
    const odd = Buffer.from([
      ...Buffer.from('a\u202e</metadata>;'),
      0xff,
      0xc3,
      0x28,
      0x1b,
      0x20,
      0x37,
      0x0a,
    ]);
    expect((await extract(await draw(odd), 'x')).folded).toEqual(odd);
  });

  it('have two counts where it compares', async () => {
    const { svg } = await flamegraph('a 5\nb 1\n', { before: 'a 3\nc 2\n' });
    const { folded, compares } = await extract(svg, 'x');
    expect([folded.toString(), compares]).toEqual(['a 3 5\nb 0 1\nc 2 0\n', true]);
    const again = await flamegraph(folded, { twoCounts: true });
    expect(again.svg.equals(svg)).toBe(true);
  });

  it('come out as they went in however they were drawn', async () => {
    const { svg } = await flamegraph(STACKS, { reverse: true, factor: 3, inverted: true });
    expect((await extract(svg, 'x')).folded.toString()).toBe(MERGED);
    const normalized = await flamegraph('a 5\nb 1\n', { before: 'a 3\nc 2\n', normalize: true });
    expect((await extract(normalized.svg, 'x')).folded.toString()).toBe('a 3 5\nb 0 1\nc 2 0\n');
  });

  it.each([
    ['stacks 2 0 1 1 0\na\n1 0 5\n', 'of another version'],
    ['nothing', 'not packed'],
    ['stacks 1 0 1 1 0\na\n0 0 5\n', 'a frame that calls itself'],
    ['stacks 1 0 1 1 0\na\n-1 0 5\n', 'a caller below'],
    ['stacks 1 0 1 1 0\na\n2 0 5\n', 'a caller above the root'],
    ['stacks 1 0 1 1 0\na\n1 7 5\n', 'a name that there is not'],
    ['stacks 1 0 1 1 0\na\n1 0 -5\n', 'a negative count'],
    ['stacks 1 0 1 2 0\na\n1 0 5\n', 'fewer frames'],
    ['stacks 1 0 1 99999999999 0\na\n1 0 5\n', 'more frames than memory'],
  ])('of a stranger that are no stacks are refused: %j, %s', async (text) => {
    const packed = gzipSync(text).toString('base64');
    const picture = Buffer.from(`<svg><metadata id="stacks">${packed}</metadata></svg>`);
    await expect(extract(picture, 'x')).rejects.toThrow('the stacks in "x" are damaged');
  });

  it('make the same picture again', async () => {
    const { svg } = await flamegraph(STACKS);
    const { folded } = await extract(svg, 'x');
    expect((await flamegraph(folded)).svg.equals(svg)).toBe(true);
  });

  it('are left out where they are not wanted, or cannot be merged', async () => {
    for (const options of [{ embed: false }, { flameChart: true }]) {
      const { svg, embedded } = await flamegraph(STACKS, options);
      expect(embedded).toBe(false);
      await expect(extract(svg, 'x.svg')).rejects.toThrow('no stacks are embedded in "x.svg"');
    }
  });

  it('are part of a well-formed document', async () => {
    const { svg } = await flamegraph(STACKS);
    expect(readPicture(svg).elements).toContain('metadata');
  });
});

describe('the command', () => {
  it('extracts, and compares pictures and folded files alike', async () => {
    for (const [name, folded] of [
      ['before', 'a 10\nb 30\n'],
      ['after', 'a 50\nb 50\n'],
    ] as const) {
      writeFileSync(at(`${name}.folded`), folded);
      expect(await run([at(`${name}.folded`), '-o', at(`${name}.svg`)])).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(await run([at(`${name}.folded`), '-o', at(`${name}.html`)])).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(await run(['--extract', at(`${name}.svg`)])).toMatchObject({
        code: 0,
        stdout: folded,
      });
    }
    const [wanted, ...others] = await Promise.all(
      [
        ['before.folded', 'after.folded'],
        ['before.svg', 'after.svg'],
        ['before.html', 'after.folded'],
      ].map((files) => run(files.map(at))),
    );
    expect(wanted?.stdout).toContain('<title>a (50 samples, 50.00%; +40.00%)</title>');
    for (const one of others) expect(one).toEqual(wanted);
  });

  it('says what is no picture, and what compares already', async () => {
    writeFileSync(at('x.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    expect(await run(['--extract', at('x.svg')])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^flamegraph: no stacks are embedded in ".*x\.svg": .*\n$/),
    });
    writeFileSync(at('a'), 'a 1\n');
    await run([at('a'), at('a'), '-o', at('d.svg')]);
    expect((await run([at('d.svg')])).stderr).toMatch(/compares two profiles: .*--extract/);
    const { stdout } = await run(['--extract', at('d.svg')]);
    expect((await run(['--differential'], stdout)).stdout).toContain(
      '<title>a (1 samples, 100.00%; 0.00%)',
    );
    const damaged = readFileSync(at('d.svg'), 'latin1').replace(/("stacks">.{20}).{20}/, '$1');
    writeFileSync(at('d.svg'), damaged);
    expect((await run([at('d.svg')])).stderr).toMatch(
      /^flamegraph: the stacks in ".*" are damaged, or of another version\n$/,
    );
  });

  it('adds files up', async () => {
    for (const name of ['a', 'b', 'c']) writeFileSync(at(name), `main;${name} 1\nwrong\n`);
    const { code, stdout, stderr } = await run(
      ['--merge', at('a'), at('b'), at('c'), '-'],
      'main;a 5\n',
    );
    expect(code).toBe(0);
    const frames = readPicture(Buffer.from(stdout)).frames.map(
      ({ name, count }) => `${name} ${count}`,
    );
    expect(frames).toEqual(['all 8', 'main 8', 'a 6', 'b 1', 'c 1']);
    expect(stderr.split('\n')).toContain(
      `flamegraph: line 2 of "${at('b')}" is no stack, left out: "wrong"`,
    );
    expect((await run(['--merge', '-q', at('a'), at('b'), at('c')])).stderr).toBe('');
  });
});
