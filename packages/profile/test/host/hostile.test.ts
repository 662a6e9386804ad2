import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileWorkload, host, records, type Started } from '@probekit/core/testing';
import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';

/** Names of a thread and of the function that it spins in, and how each is to be shown. */
interface Hostile {
  readonly comm: Buffer;
  readonly symbol: Buffer;
  /** Decoded: what JSON must hold. */
  readonly json: readonly [comm: string, symbol: string];
  /** On a terminal. */
  readonly text: readonly [comm: string, symbol: string];
}

const bytes = (text: string) => Buffer.from(text, 'latin1');
const utf8 = (text: string) => Buffer.from(text, 'utf8');

/** Shown as they are. */
function plain(comm: string, symbol: string): Hostile {
  return { comm: utf8(comm), symbol: utf8(symbol), json: [comm, symbol], text: [comm, symbol] };
}

function escaped(comm: string, symbol: string, text: Hostile['text']): Hostile {
  return { ...plain(comm, symbol), text };
}

const names: Hostile[] = [
  plain('<script>', '</script><script>x()//'),
  plain('a;b c', 'f;g h 12'),
  plain(`"quo'ted"&`, `"it's" & <b>`),
  escaped('\x1b[31m\x07', '\x1b]0;title\x07\x9b2J', [
    '\\x1b[31m\\x07',
    '\\x1b]0;title\\x07\\x9b2J',
  ]),
  escaped('new\nline 7', 'line\r\none\ttwo 3', ['new\\x0aline 7', 'line\\x0d\\x0aone\\x09two 3']),
  // A name of a thread is shown as far as it is UTF-8; of a symbol the other bytes are shown too.
  {
    comm: bytes('bad\xff\xc3'),
    symbol: bytes('worse\xc3\x28\xff'),
    json: ['bad\ufffd\ufffd', 'worse\\xc3(\\xff'],
    text: ['bad\ufffd\ufffd', 'worse\\xc3(\\xff'],
  },
  escaped('é\u202e\u2028x', 'naïve→\u202egnp', ['é\\u{202e}\\u{2028}x', 'naïve→\\u{202e}gnp']),
  plain('__proto__', '\\x1b%s%n$(constructor)`'),
];

let spinner: Started;
let files: string;

beforeAll(async () => {
  files = mkdtempSync(path.join(tmpdir(), 'profile-'));
  const program = path.join(files, 'hostile');
  writeFileSync(program, withSymbols(readFileSync(compileWorkload(workload('hostile')))));
  chmodSync(program, 0o755);
  spinner = host.start([program, ...names.map(({ comm }) => comm.toString('hex'))]);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  spinner.signal('SIGKILL');
  await spinner.done;
  rmSync(files, { recursive: true });
});

/** The same program with hostile names in its tables of strings, each in the place of a longer one. */
function withSymbols(program: Buffer): Buffer {
  names.forEach(({ symbol }, i) => {
    const place = Buffer.from(`placeholder_for_hostile_symbol_${i}\0`);
    if (symbol.length >= place.length) throw new Error(`symbol ${i} is too long`);
    if (!program.includes(place)) throw new Error(`no symbol ${i}`);
    for (let at = program.indexOf(place); at >= 0; at = program.indexOf(place, at)) {
      program.fill(0, at, at + place.length);
      symbol.copy(program, at);
    }
  });
  return program;
}

function sampled(...options: string[]): ReturnType<typeof host.run> {
  return host.run([...bin, '-F', '999', '-U', '-p', String(spinner.pid), ...options, '1']);
}

/** Nothing that acts on a terminal: controls, marks of direction, separators of lines. */
const HARMLESS = /^[^\p{Cc}\p{Bidi_Control}\u2028\u2029]*$/u;

describe('hostile names of threads and functions', () => {
  it('are exact in JSON', async () => {
    const { code, stdout } = await sampled('--json');
    expect(code).toBe(0);
    for (const line of stdout.split('\n')) expect(line).toMatch(HARMLESS);
    const seen = records(stdout)
      .filter(({ type }) => type === 'stack')
      .map(({ comm, user }) => [comm, (user as string[]).at(-1)]);
    for (const { json } of names) expect(seen).toContainEqual(json);
  });

  it('are harmless in text', async () => {
    const { code, stdout } = await sampled();
    expect(code).toBe(0);
    for (const line of stdout.split('\n')) expect(line).toMatch(HARMLESS);
    const blocks = stdout.split('\n\n').map((block) => block.trim().split(/\n +/));
    const seen = blocks.map((lines) => [lines.at(-2), lines[0]]);
    for (const { text } of names) {
      const [comm, symbol] = text;
      expect(seen).toContainEqual([`-                ${comm} (${spinner.pid})`, symbol]);
    }
  });

  it('leave folded lines in their parts', async () => {
    const { code, stdout } = await sampled('-f');
    expect(code).toBe(0);
    const seen = stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        expect(line).toMatch(HARMLESS);
        const [, stack = ''] = /^(.*) \d+$/.exec(line) ?? [];
        const frames = stack.split(';');
        return [frames[0], frames.at(-1)];
      });
    for (const { text } of names) {
      expect(seen).toContainEqual(text.map((name) => name.replaceAll(';', ':')));
    }
  });

  it('are text in SVG', async () => {
    const file = path.join(files, 'cpu.svg');
    const { code, stdout } = await sampled('-o', file);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const drawn = readFileSync(file, 'utf8');
    const titles = titlesOf(drawn);
    for (const { text } of names) {
      for (const name of text.map((one) => one.replaceAll(';', ':'))) {
        expect(titles).toContainEqual(expect.stringContaining(`${name} (`));
      }
    }
    // How many samples it says there are is how many are in it.
    const { extract } = await import('@probekit/flamegraph');
    const lines = (await extract(Buffer.from(drawn), file)).folded.toString().trimEnd().split('\n');
    const sum = lines.reduce((all, line) => all + Number(/\d+$/.exec(line)?.[0]), 0);
    expect(drawn).toContain(` · ${sum.toLocaleString('en')} samples, `);
    // One script, the picture's own.
    expect(drawn.match(/<script/g)).toHaveLength(1);
  });

  it('are text in a page, with processes and threads apart', async () => {
    const file = path.join(files, 'cpu.html');
    const { code, stdout } = await sampled('-o', file);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const drawn = readFileSync(file);
    const { extract } = await import('@probekit/flamegraph');
    const lines = (await extract(drawn, file)).folded.toString().split('\n');
    const roots = lines.map((line) => line.split(';')[0] ?? '').filter((root) => root !== '');
    for (const root of roots) expect(root).toMatch(/-\d+\/\d+( \d+)?$/);
    for (const { text } of names) {
      const [comm = ''] = text.map((one) => one.replaceAll(';', ':'));
      expect(roots).toContainEqual(expect.stringContaining(`${comm}-`));
    }
    // What it is about, the stacks, and what draws them.
    expect(drawn.toString('latin1').match(/<script/g)).toHaveLength(3);
  });
});

/** The texts of all <title> in a page of well-formed XML; throws where it is not. */
function titlesOf(svg: string): string[] {
  const titles: string[] = [];
  let inTitle = false;
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name }) => {
    inTitle = name === 'title';
  });
  parser.on('closetag', () => {
    inTitle = false;
  });
  parser.on('text', (text) => {
    if (inTitle) titles.push(text);
  });
  parser.write(svg).close();
  return titles;
}
