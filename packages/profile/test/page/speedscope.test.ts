import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speedscopeFile } from '../../src/speedscope-file.js';
import { ARGS, entries, fileOf } from '../fixtures/profiled.js';

/** Frames are drawn by WebGL, which must not need a card. */
const LAUNCH = ['--no-sandbox', '--disable-gpu', '--enable-unsafe-swiftshader', '--disable-sync'];

const index = createRequire(import.meta.url).resolve('speedscope/dist/release/index.html');
const directory = mkdtempSync(path.join(tmpdir(), 'speedscope-'));
let browser: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  const file = path.join(directory, 'cpu.json');
  writeFileSync(file, await fileOf(speedscopeFile({ ...ARGS, frequency: 100 })));
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  if (!executablePath) throw new Error('no chromium; apt-get install chromium');
  browser = await chromium.launch({ executablePath, args: LAUNCH });
  page = await browser.newPage();
  page.on('pageerror', ({ message }) => errors.push(message));
  await page.goto(pathToFileURL(index).href);
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByText('Sandwich').click();
});

afterAll(async () => {
  await browser?.close();
  rmSync(directory, { recursive: true });
});

describe('speedscope', () => {
  it('opens the file, and shows how good it is', async () => {
    await page.getByText('CPU flame graph: 100 samples').waitFor();
    expect(await page.title()).toContain('all threads 100 samples, none lost');
    expect(errors).toEqual([]);
  });

  it('counts for every function what the stacks count', async () => {
    const rows = page.locator('table').last().locator('tr');
    await rows.filter({ hasText: 'vfs_read' }).waitFor();
    const cells = await rows.locator('td').allTextContents();
    const shown: Record<string, [total: number, self: number]> = {};
    for (let i = 0; i < cells.length; i += 3) {
      const [total = '', self = '', name = ''] = cells.slice(i, i + 3);
      // With a share behind it.
      shown[name] = [Number.parseInt(total, 10), Number.parseInt(self, 10)];
    }
    expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(100);
    expect(shown).toEqual({
      server: [97, 0],
      main: [90, 0],
      'hash(std::string; int)': [70, 0],
      mix: [40, 40],
      memcpy: [30, 30],
      '[unknown] [libc.so.6]': [20, 0],
      '[Missed User Stack]': [7, 0],
      vfs_read: [27, 7],
      ext4_file_read_iter: [20, 20],
      '\\x1b[31mevil': [3, 0],
      '</script><b>;\\u{202e}': [3, 3],
    });
  });
});
