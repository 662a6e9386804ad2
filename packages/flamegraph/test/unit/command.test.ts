import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@probekit/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bin, handlesSignals, run, start } from '../fixtures/command.js';
import { readPicture } from '../fixtures/frames.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'flamegraph-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (name: string) => path.join(directory, name);
const shown = (svg: string | Buffer) =>
  readPicture(Buffer.from(svg as string)).frames.map(({ name, count }) => `${name} ${count}`);

/** The exit code. */
const closed = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));

describe('flamegraph', () => {
  it('draws its standard input on its standard output', async () => {
    const { stdout, ...end } = await run(['--title', 'On CPU'], 'main;work 7\nmain 2\n');
    expect(end).toEqual({ code: 0, signal: null, stderr: '' });
    expect(shown(stdout)).toEqual(['all 9', 'main 9', 'work 7']);
    expect(readPicture(Buffer.from(stdout)).texts.get('title')).toBe('On CPU');
  });

  it.each([[['--file']], [[]]])('draws a file: %j', async (option) => {
    writeFileSync(at('cpu.folded'), 'main;work 7\n');
    const { stdout, ...end } = await run([...option, at('cpu.folded')]);
    expect(end).toEqual({ code: 0, signal: null, stderr: '' });
    expect(shown(stdout)).toEqual(['all 7', 'main 7', 'work 7']);
  });

  it('names ten lines that are no stacks, and draws the rest', async () => {
    const wrong = Array.from({ length: 25 }, (_, index) => `wrong \u001b[2J ${index}x\n`);
    const { code, stdout, stderr } = await run([], `a 1\n${wrong.join('')}b 2\n`);
    expect(code).toBe(0);
    expect(shown(stdout)).toEqual(['all 3', 'a 1', 'b 2']);
    expect(stderr.split('\n')).toEqual([
      ...wrong
        .slice(0, 10)
        .map((_, n) => `flamegraph: line ${n + 2} is no stack, left out: "wrong \\x1b[2J ${n}x"`),
      'flamegraph: and 15 more',
      '',
    ]);
  });

  it('takes 50 MB, and gives all of a large picture to a slow reader', async () => {
    const stacks = Array.from(
      { length: 5000 },
      (_, n) => `main;${'x'.repeat(40)}${n};${'y'.repeat(40)}${n} 3\n`,
    ).join('');
    const times = Math.ceil(50_000_000 / stacks.length);
    const child = spawn(process.execPath, [bin], { stdio: ['pipe', 'pipe', 'inherit'] });
    const end = closed(child);
    child.stdin.end(stacks.repeat(times));
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) {
      chunks.push(chunk);
      await pause(2);
    }
    expect(await end).toBe(0);
    expect(chunks.length).toBeGreaterThan(30);
    const { frames, total } = readPicture(Buffer.concat(chunks));
    expect(total).toBe(5000 * 3 * times);
    expect(frames).toHaveLength(2 + 2 * 5000);
    for (const { depth, width } of frames) expect(width).toBe(depth < 2 ? total : 3 * times);
  });

  it.each([
    ['--help', /^flamegraph \[options\] \[file\.\.\.\]\n/],
    ['-V', /^flamegraph \d+\.\d+\.\d+\n$/],
  ])('answers %s without its input', async (option, answer) => {
    const { child, done } = start(option);
    const end = await done;
    child.stdin.destroy();
    expect(end).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: expect.stringMatching(answer),
    });
  });
});

describe('an output file', () => {
  it('appears when it is complete', async () => {
    const { child, done } = start('-o', at('cpu.svg'));
    child.stdin.write('main;work 7\n');
    const [temporary] = await eventually('a temporary file', () => {
      const names = readdirSync(directory);
      return names.length > 0 && names;
    });
    expect(temporary).toMatch(/^\.cpu\.svg\./);
    child.stdin.end('main;rest 2\n');
    expect(await done).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    expect(readdirSync(directory)).toEqual(['cpu.svg']);
    expect(shown(readFileSync(at('cpu.svg')))).toEqual(['all 9', 'main 9', 'rest 2', 'work 7']);
  });

  it('stays as it was when there is nothing to draw', async () => {
    writeFileSync(at('cpu.svg'), 'old');
    expect(await run(['-o', at('cpu.svg')], 'no count\n')).toMatchObject({ code: 1, stdout: '' });
    expect(await run(['-o', at('new.svg')], '')).toMatchObject({ code: 1, stdout: '' });
    expect(readdirSync(directory)).toEqual(['cpu.svg']);
    expect(readFileSync(at('cpu.svg'), 'utf8')).toBe('old');
  });

  it('that cannot be written ends it before its input does', async () => {
    const { child, done } = start('-o', at('none/cpu.svg'));
    expect(await done).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^flamegraph: cannot write ".*none\/cpu\.svg": ENOENT.*\n$/),
    });
    child.stdin.destroy();
  });

  it('on a full disk is an error, and so is standard output', async () => {
    expect(await run(['-o', '/dev/full'], 'a 1\n')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^flamegraph: cannot write "\/dev\/full": ENOSPC[^\n]*\n$/),
    });
    const full = openSync('/dev/full', 'w');
    writeFileSync(at('a'), 'a 1\n');
    const child = spawn(process.execPath, [bin, at('a')], { stdio: ['ignore', full, 'pipe'] });
    const [stderr, code] = await Promise.all([text(child.stderr as Readable), closed(child)]);
    closeSync(full);
    expect([code, stderr]).toEqual([1, 'flamegraph: cannot write standard output: ENOSPC\n']);
  });
});

describe('bad use', () => {
  it.each([
    [['--colour', 'hot'], 2, 'unknown option --colour; did you mean --colors?'],
    [['-Q'], 2, 'unknown option -Q; did you mean -q (--quiet)?'],
    [['--width', '50'], 2, /^--width .*100/],
    [['--width', 'abc'], 2, /^--width .*abc/],
    [['--colors', 'pink'], 2, /^there is no palette "pink": use kinds, chain, hot, /],
    [['a', 'b', 'c'], 2, 'two files are compared; --merge adds up any number of them'],
    [['a', 'b', '--differential'], 2, /^two files are compared: /],
    [['-', '-'], 2, 'standard input can be read once'],
    [['--extract', 'a', 'b'], 2, '--extract takes one picture'],
    [['--from', 'gdb'], 2, '--from must be perf, bpftrace or dtrace, not "gdb"'],
    [['--event', 'cycles'], 2, '--event needs --from perf'],
    [['--encoding', 'latin1'], 2, '--encoding must be UTF-8: the picture always is'],
    [['--html', '--truncate-text-right'], 2, '--truncate-text-right is for an SVG, not for a page'],
    [['-o', 'x.html', '--colors', 'hot'], 2, '--colors is for an SVG, not for a page'],
    [['--normalize', 'a'], 2, '--normalize is for a comparison: give two files, or --differential'],
    [['--html', '--bare'], 2, '--bare is for an SVG, not for a page'],
    [['--hash', '--random'], 2, '--hash and --random exclude each other'],
    [['--flamechart', 'a', 'b'], 2, 'a flame chart shows time, which is not compared'],
    [['--flamechart', '--differential'], 2, /^flameChart and twoCounts exclude each other: /],
    [['--flamechart', '--reverse'], 2, 'flameChart and reverse exclude each other'],
    [['--stroke-color', 'red'], 2, 'strokeColor must be none or #rrggbb'],
    [['--nameattr', '/nowhere'], 1, 'cannot read "/nowhere": ENOENT'],
    [['/nowhere/a', '/dev/null'], 1, /^cannot read "\/nowhere\/a": ENOENT/],
    [['/nowhere/cpu.folded'], 1, /^cannot read "\/nowhere\/cpu\.folded": ENOENT/],
    [['/'], 1, /^cannot read "\/": EISDIR/],
    [['/dev/null'], 1, 'no stack in the input: lines are "frame;frame;frame count"'],
  ])('%j is one line and a code, before the input ends', async (args, code, message) => {
    const { child, done } = start(...args);
    const end = await done;
    child.stdin.destroy();
    expect(end).toMatchObject({ code, stdout: '' });
    expect(end.stderr).toMatch(/^flamegraph: [^\n]{1,160}\n$/);
    const said = end.stderr.slice('flamegraph: '.length, -1);
    if (typeof message === 'string') expect(said).toBe(message);
    else expect(said).toMatch(message);
  });

  it('is an input without a stack', async () => {
    expect(await run([], '')).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'flamegraph: no stack in the input: lines are "frame;frame;frame count"\n',
    });
  });

  it.each(['cpu.svg', 'cpu.html'])(
    'is one side of a comparison without a stack: %s',
    async (name) => {
      writeFileSync(at('a'), 'a 1\n');
      for (const [files, which] of [
        [['/dev/null', at('a')], 'first input'],
        [[at('a'), '/dev/null'], 'second input'],
        [['/dev/null', '/dev/null'], 'input'],
      ] as const) {
        expect(await run([...files, '-o', at(name)])).toMatchObject({
          code: 1,
          stderr: `flamegraph: no stack in the ${which}: lines are "frame;frame;frame count"\n`,
        });
      }
      expect(await run(['--base', 'b', '--base', 'c', at('a'), '-o', at(name)])).toMatchObject({
        code: 1,
        stderr: 'flamegraph: no stack in the input has a frame "b" or "c"\n',
      });
    },
  );

  it('is a terminal as input', async () => {
    const child = spawn('/usr/bin/script', ['-qec', `${process.execPath} ${bin}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [said, code] = await Promise.all([text(child.stdout), closed(child)]);
    expect(code).toBe(2);
    expect(said).toBe(
      'flamegraph: standard input is a terminal: give a file, or a pipe from profile -f\r\n',
    );
    child.stdin.destroy();
  });
});

describe('an end from outside', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s is left to the writer of the input',
    async (signal) => {
      const { child, done } = start();
      child.stdin.write('main;work 7\n');
      await handlesSignals(child);
      child.kill(signal);
      child.stdin.write('main;rest 2\n');
      child.stdin.end();
      const { stdout, ...end } = await done;
      expect(end).toEqual({ code: 0, signal: null, stderr: '' });
      expect(shown(stdout)).toEqual(['all 9', 'main 9', 'rest 2', 'work 7']);
    },
  );

  it('by a second signal is at once, and leaves no file', async () => {
    const { child, done } = start('-o', at('cpu.svg'));
    child.stdin.write('main;work 7\n');
    await eventually('a temporary file', () => readdirSync(directory).length > 0);
    child.kill('SIGINT');
    // Two of a kind that are pending are one.
    child.kill('SIGTERM');
    expect(await done).toMatchObject({ code: null, stdout: '', stderr: '' });
    expect(readdirSync(directory)).toEqual([]);
    child.stdin.destroy();
  });

  it('by ^C in a pipe gives the whole picture of what the other end still writes', async () => {
    writeFileSync(
      at('profile.sh'),
      `trap 'sleep 0.3; echo "main;work 7"; exit' INT\nwhile :; do sleep 0.05; done\n`,
    );
    const pipe = `sh ${at('profile.sh')} | sh -c 'echo $$ > ${at('pid')}; exec ${process.execPath} ${bin}' > ${at('cpu.svg')}`;
    const child = spawn('/usr/bin/script', ['-qec', pipe, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const pid = await eventually(
      'a pid',
      () => existsSync(at('pid')) && Number(readFileSync(at('pid'), 'utf8').trim()),
    );
    await handlesSignals({ pid });
    child.stdin.write('\u0003');
    const [said] = await Promise.all([text(child.stdout), closed(child)]);
    expect(said).toBe('^C');
    expect(shown(readFileSync(at('cpu.svg')))).toEqual(['all 7', 'main 7', 'work 7']);
  });

  it('by a reader that goes away is no failure', async () => {
    // More than a pipe holds.
    writeFileSync(
      at('a'),
      Array.from({ length: 5000 }, (_, n) => `main;function_${n} 3\n`).join(''),
    );
    const pipe = `{ ${process.execPath} ${bin} ${at('a')}; echo "code $?" >&2; } | true`;
    const child = spawn('sh', ['-c', pipe], { stdio: ['ignore', 'inherit', 'pipe'] });
    expect(await text(child.stderr)).toBe('code 0\n');
  });
});
