import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileBuildId } from '../../src/build-id.js';

const ID = '0123456789abcdef0123456789abcdef01234567';
const directory = mkdtempSync(path.join(tmpdir(), 'build-id-'));
const file = path.join(directory, 'program');
afterAll(() => rmSync(directory, { recursive: true }));

function compile(to: string, ...flags: string[]) {
  const input = 'int main(void) { return 0; }';
  execFileSync('gcc', ['-x', 'c', '-', '-o', to, ...flags], { input });
}

beforeAll(() => compile(file, `-Wl,--build-id=0x${ID}`));

describe('the build id of a file', () => {
  it('is what the linker was told', () => expect(fileBuildId(file)).toBe(ID));

  it('is not there without one', () => {
    const without = path.join(directory, 'without');
    compile(without, '-Wl,--build-id=none');
    expect(fileBuildId(without)).toBeUndefined();
    expect(fileBuildId('/etc/passwd')).toBeUndefined();
    expect(fileBuildId('/dev/zero')).toBeUndefined();
    expect(fileBuildId(directory)).toBeUndefined();
    expect(fileBuildId(path.join(directory, 'nothing'))).toBeUndefined();
  });

  it('of a file that was cut or overwritten anywhere is this one or none', () => {
    const whole = readFileSync(file);
    const broken = path.join(directory, 'broken');
    for (let at = 0; at < 4096; at += 31) {
      writeFileSync(broken, whole.subarray(0, at));
      expect([ID, undefined]).toContain(fileBuildId(broken));
      const bytes = Buffer.from(whole.subarray(0, 8192));
      // Of the note itself any byte may be part of the id.
      if (at < 600) bytes[at] = 0xff;
      writeFileSync(broken, bytes);
      fileBuildId(broken);
    }
  });
});
