import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FlamegraphOptions, flamegraph } from '../../src/flamegraph.js';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let directory: string;
let browser: Browser;
let page: Page;
/** What a picture has no business to do: dialogs, errors, requests for anything but itself. */
let deeds: string[];
/** What the next dialog is answered. */
let answer: string | undefined;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'flamegraph-page-'));
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  if (!executablePath) throw new Error('no chromium; apt-get install chromium');
  browser = await chromium.launch({ executablePath, args: ARGS });
});
afterAll(async () => {
  await browser?.close();
  rmSync(directory, { recursive: true });
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1200, height: 600 } });
  deeds = [];
  answer = undefined;
  page.on('dialog', (dialog) => {
    if (answer === undefined || dialog.type() !== 'prompt') {
      deeds.push(`${dialog.type()} ${dialog.message()}`);
      return dialog.dismiss();
    }
    return dialog.accept(answer);
  });
  page.on('pageerror', (error) => deeds.push(`error ${error.message}`));
  page.on('console', (message) => deeds.push(`console ${message.text()}`));
  page.on('request', (request) => {
    if (request.url() !== page.url() && !request.isNavigationRequest())
      deeds.push(`request ${request.url()}`);
  });
});
afterEach(async () => {
  await page.close();
  expect(deeds).toEqual([]);
});

const STACKS = 'main;work;sort 30\nmain;work;hash 10\nmain;idle 40\nother;sort 20\n';

async function open(folded: string, options: FlamegraphOptions = {}) {
  const { svg } = await flamegraph(Buffer.from(folded), options);
  const file = path.join(directory, 'cpu.svg');
  writeFileSync(file, svg);
  await page.goto(pathToFileURL(file).href);
  await frame('all').waitFor();
}

/** The frame of a name, in a path's order where there are several. */
const frame = (name: string, nth = 0) =>
  page
    .locator('#frames > g')
    .filter({ has: page.locator('title', { hasText: new RegExp(`^${name} \\(`) }) })
    .nth(nth);

/** Per cent of the picture's width, as it is on the screen. */
async function width(name: string, nth = 0): Promise<number> {
  const whole = await page.locator('#frames').getAttribute('width');
  const box = await frame(name, nth).locator('rect').boundingBox();
  return box ? Math.round((1000 * box.width) / Number(whole)) / 10 : 0;
}

const text = (id: string) => page.locator(`#${id}`).textContent();

describe('in a browser', () => {
  it('every frame is as wide as its share', async () => {
    await open(STACKS);
    const widths = { all: 100, main: 80, other: 20, work: 40, idle: 40, hash: 10 };
    for (const [name, percent] of Object.entries(widths)) expect(await width(name)).toBe(percent);
    expect([await width('sort', 0), await width('sort', 1)].sort()).toEqual([20, 30]);
  });

  it('the frame under the pointer is told in full', async () => {
    await open(STACKS);
    await frame('work').hover();
    expect(await text('details')).toBe('Function: work (40 samples, 40.00%)');
  });

  it('a click zooms, another one zooms further, and Reset Zoom brings all back', async () => {
    await open(STACKS);
    const reset = page.locator('#unzoom');
    expect(await reset.isVisible()).toBe(false);
    await frame('work').click();
    expect(await width('work')).toBe(100);
    expect(await width('hash')).toBe(25);
    expect(await width('main')).toBe(100);
    expect(await frame('idle').isVisible()).toBe(false);
    expect(await frame('other').isVisible()).toBe(false);
    await frame('hash').click();
    expect(await width('hash')).toBe(100);
    await reset.click();
    expect(await width('work')).toBe(40);
    expect(await width('other')).toBe(20);
    expect(await frame('idle').isVisible()).toBe(true);
    expect(await reset.isVisible()).toBe(false);
  });

  it('Ctrl-F finds, marks, and adds up what it found', async () => {
    await open(STACKS);
    const colors = () =>
      page.locator('#frames > g').evaluateAll((frames) =>
        frames
          .filter((one) => one.querySelector('rect')?.getAttribute('fill') === 'rgb(230,0,230)')
          .map((one) => one.querySelector('title')?.textContent?.split(' ')[0])
          .sort(),
      );
    expect(await colors()).toEqual([]);
    answer = 'sort';
    await page.keyboard.press('Control+f');
    expect(await colors()).toEqual(['sort', 'sort']);
    expect(await text('matched')).toBe('Matched: 50.0%');
    await page.locator('#search').click();
    expect(await colors()).toEqual([]);
    // A frame below one that is found too is not counted twice.
    answer = '^(main|sort)';
    await page.locator('#search').click();
    expect(await colors()).toEqual(['main', 'sort', 'sort']);
    expect(await text('matched')).toBe('Matched: 100%');
  });

  it('a search within a zoom is a share of the zoom', async () => {
    await open(STACKS);
    await frame('work').click();
    answer = 'sort';
    await page.keyboard.press('Control+f');
    expect(await text('matched')).toBe('Matched: 75.0%');
  });

  it('a term that is no regular expression is searched as it stands', async () => {
    await open('main;f(int, char) 10\nmain;f(long) 20\nmain;a[0]\\b 10\n');
    for (const [term, share] of [
      ['f(', '75.0%'],
      ['f(int, ', '25.0%'],
      ['[0]\\', '25.0%'],
      ['^f', '75.0%'],
    ]) {
      answer = term;
      await page.keyboard.press('Control+f');
      expect(await text('matched')).toBe(`Matched: ${share}`);
      await page.locator('#search').click();
    }
  });

  it('fractions are as wide as they are', async () => {
    await open('a;b 0.25\na;c 0.75\n');
    expect([await width('b'), await width('c')]).toEqual([25, 75]);
    answer = 'b';
    await page.keyboard.press('Control+f');
    expect(await text('matched')).toBe('Matched: 25.0%');
  });

  it('an icicle zooms too', async () => {
    await open(STACKS, { inverted: true });
    const top = await frame('all').boundingBox();
    const below = await frame('main').boundingBox();
    expect(below?.y).toBeGreaterThan(top?.y as number);
    await frame('work').click();
    expect(await width('work')).toBe(100);
    expect(await width('hash')).toBe(25);
  });
});

describe('names', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '</title><script>alert(2)</script>',
    ']]></script><script>alert(3)</script>',
    '<image href=http://example.invalid/x onerror=alert(4)>',
    '"onmouseover="alert(5)',
    "'onload='alert(6)",
    'javascript:alert(7)',
    '&#60;script&#62;alert(8)&#60;/script&#62;',
    '--><script>alert(9)</script><!--',
    '\u001b]0;x\u0007\u202e\u0000\ufeff',
    '`; alert(10); `',
  ];

  it('run nothing and fetch nothing, whatever is done with them', async () => {
    await open(hostile.map((name) => `main;${name} 10\n`).join(''), {
      title: hostile.join(' '),
      subtitle: hostile.join(' '),
      countName: `${hostile[0]}${hostile[2]}`,
      nameType: `${hostile.join(' ')}\\';alert(11)//`,
      notes: hostile.join(' '),
    });
    const frames = page.locator('#frames > g');
    const titles = await frames.locator('title').allTextContents();
    for (const name of hostile.slice(0, 7)) {
      expect(titles.filter((title) => title.startsWith(`${name} (`))).toHaveLength(1);
    }
    for (let nth = 0; nth < (await frames.count()); nth++) {
      await frames.nth(nth).dispatchEvent('mouseover');
      expect(await text('details')).toContain(titles[nth]);
      await frames.nth(nth).dispatchEvent('click');
      await page.locator('#unzoom').dispatchEvent('click');
    }
    answer = 'script';
    await page.keyboard.press('Control+f');
    expect(await text('matched')).toMatch(/^Matched: \d/);
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('image, a, [onerror], [onmouseover], #frames [onload]').count()).toBe(
      0,
    );
  });
});
