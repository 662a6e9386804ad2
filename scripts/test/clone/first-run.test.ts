import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileWorkload, type Finished, host, type Started } from '@probekit/core/testing';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const spinner = compileWorkload(path.join(root, 'packages/profile/test/workloads/shares.c'));
const directory = mkdtempSync(path.join(tmpdir(), 'probekit-clone-'));
const clone = path.join(directory, 'probekit');

/** The crates that this checkout has compiled are not compiled again: everything else is made anew. */
const env = { CARGO_TARGET_DIR: path.join(root, 'target') };

let work: Started;
let first: Finished;

/** `npm start` under a pseudo-terminal; its input is a pipe into which nobody writes. */
function npmStart(): Started {
  return host.start(['script', '-qec', 'npm start', '/dev/null'], { cwd: clone, env });
}

beforeAll(async () => {
  const cloned = await host.run(['git', 'clone', '--quiet', root, clone]);
  expect(cloned.code, cloned.stderr).toBe(0);
  work = host.start([spinner, '1']);
  await work.waitFor(/spinning/);
  first = await npmStart().done;
}, 15 * 60_000);

afterAll(async () => {
  work?.signal('SIGKILL');
  await work?.done;
  rmSync(directory, { recursive: true, force: true });
});

describe('npm start in a fresh clone, on a terminal where nobody types', () => {
  it('ends by itself and names the hottest functions', () => {
    expect(first.code, first.stdout).toBe(0);
    expect(first.stdout).toMatch(/\d+\.\d% +spin_half +shares \(\d+\)/);
    expect(first.stdout).toContain(path.join(clone, 'cpu.svg'));
  });

  it('leaves folded stacks in which the workload has its CPU', () => {
    const lines = readFileSync(path.join(clone, 'cpu.folded'), 'utf8').trimEnd().split('\n');
    const samples = (pattern: RegExp) =>
      lines
        .filter((line) => pattern.test(line))
        .reduce((sum, line) => sum + Number(/ (\d+)$/.exec(line)?.[1]), 0);
    const all = samples(/^shares;/);
    expect(all).toBeGreaterThan(100);
    const share = samples(/^shares;.*spin_half/) / all;
    expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / all) + 0.01);
  });

  it('leaves a picture that zooms and searches in a browser', async () => {
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`file://${path.join(clone, 'cpu.svg')}`);
      // inferno puts a frame's name into its title.
      const frame = `[...document.querySelectorAll('title')]
        .find((title) => title.textContent.startsWith('spin_half ')).parentElement`;
      const width = () =>
        page.evaluate<number>(`${frame}.querySelector('rect').getBoundingClientRect().width`);
      const before = await width();
      expect(before).toBeGreaterThan(0);
      await page.evaluate(`${frame}.dispatchEvent(new MouseEvent('click', { bubbles: true }))`);
      expect(await width()).toBeGreaterThan(before * 1.2);
      page.on('dialog', (dialog) => void dialog.accept('spin_half'));
      await page.keyboard.press('Control+f');
      await expect.poll(() => page.locator('#matched').textContent()).toMatch(/Matched: \d+/);
    } finally {
      await browser.close();
    }
  });

  it('reaches its first sample within 10 s the second time', async () => {
    const begin = performance.now();
    const second = npmStart();
    await second.waitFor(/Sampling at/);
    expect((performance.now() - begin) / 1000).toBeLessThan(10);
    expect((await second.done).code).toBe(0);
  }, 120_000);
});
