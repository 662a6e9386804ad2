import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openOutput } from '../../../src/cli/output.js';
import { errno, streams } from '../../fixtures/standard-streams.js';

let directory: string;
let file: string;
const stop = new AbortController();
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'output-'));
  file = path.join(directory, 'cpu.folded');
});
afterEach(() => rmSync(directory, { recursive: true }));

const present = () => readdirSync(directory).filter((name) => !name.startsWith('.'));
const all = () => readdirSync(directory);

describe('an output file', () => {
  it('appears only when it is complete', async () => {
    const output = await openOutput(file, stop);
    await output.write('a;b 1\n');
    expect(present()).toEqual([]);
    expect(all()).toHaveLength(1);
    await output.write(Buffer.from([0xff, 0x0a]));
    await output.commit();
    expect(all()).toEqual(['cpu.folded']);
    expect(readFileSync(file)).toEqual(
      Buffer.concat([Buffer.from('a;b 1\n'), Buffer.from([0xff, 0x0a])]),
    );
  });

  it('may be empty', async () => {
    await (await openOutput(file, stop)).commit();
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('keeps what it would replace until then, and for ever when discarded', async () => {
    writeFileSync(file, 'old');
    const output = await openOutput(file, stop);
    await output.write('new');
    expect(readFileSync(file, 'utf8')).toBe('old');
    await output.discard();
    expect(readFileSync(file, 'utf8')).toBe('old');
    const second = await openOutput(file, stop);
    await second.write('new');
    await second.commit();
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  it('discarded leaves nothing, however often', async () => {
    const output = await openOutput(file, stop);
    await output.write('half');
    await output.discard();
    await output.discard();
    expect(all()).toEqual([]);
  });

  it('fails at once where it cannot be written', async () => {
    const within = path.join(file, 'x');
    await expect(openOutput(within, stop)).rejects.toMatchObject({
      exitCode: 1,
      message: `cannot write "${within}": ENOENT: no directory "${file}" that takes files; name another`,
    });
    writeFileSync(file, '');
    await expect(openOutput(within, stop)).rejects.toThrow(
      `cannot write "${within}": ENOTDIR: "${file}" is not a directory; name another`,
    );
    await expect(openOutput('/proc/x', stop)).rejects.toMatchObject({
      exitCode: 1,
      message:
        'cannot write "/proc/x": ENOENT: no directory "/proc" that takes files; name another',
    });
  });

  it('cannot be a directory', async () => {
    await expect(openOutput(directory, stop)).rejects.toMatchObject({
      exitCode: 1,
      message: `cannot write "${directory}": it is a directory; name a file`,
    });
  });

  it('whose directory went away fails in one line, and can be discarded', async () => {
    const place = path.join(directory, 'gone');
    mkdirSync(place);
    const output = await openOutput(path.join(place, 'x'), stop);
    rmSync(place, { recursive: true });
    await expect(output.commit()).rejects.toThrow(
      `cannot write "${path.join(place, 'x')}": ENOENT`,
    );
    await output.discard();
  });

  it('may be a device', async () => {
    const output = await openOutput('/dev/null', stop);
    await output.write('gone');
    await output.commit();
    const full = await openOutput('/dev/full', stop);
    await expect(full.write('too much')).rejects.toMatchObject({
      exitCode: 1,
      message: 'cannot write "/dev/full": ENOSPC: no space left; name a file elsewhere',
    });
    await full.discard();
  });
});

describe('standard output', () => {
  it('waits for a reader that is slow, and leaves no listeners behind', async () => {
    const output = await openOutput(undefined, stop);
    const count = () =>
      streams.stdout
        .eventNames()
        .reduce((sum, name) => sum + streams.stdout.listenerCount(name), 0);
    const before = count();
    const block = 'x'.repeat(4096);
    for (let i = 0; i < 30; i++) {
      streams.stdout.isBlocked = true;
      const written = vi.fn();
      const pending = output.write(block).then(written);
      await new Promise((resolve) => setImmediate(resolve));
      expect(written).not.toHaveBeenCalled();
      streams.stdout.unblock();
      await pending;
    }
    expect(streams.stdout.text).toBe(block.repeat(30));
    expect(count()).toBe(before);
  });

  it.each(['EPIPE', 'ENOSPC'])(
    'that fails with %s ends the run and takes no more',
    async (code) => {
      const ended = new AbortController();
      const output = await openOutput(undefined, ended);
      await output.write('first\n');
      streams.stdout.failure = errno(code);
      await output.write('x'.repeat(4096));
      expect(ended.signal.aborted).toBe(true);
      streams.stdout.failure = undefined;
      await output.write('more\n');
      await output.commit();
      expect(streams.stdout.text).toBe('first\n');
    },
  );
});
