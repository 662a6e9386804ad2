import { describe, expect, it } from 'vitest';
import { type FlamegraphOptions, flamegraph } from '../../src/flamegraph.js';
import { inBrowser } from '../fixtures/browser.js';
import { hostile } from '../fixtures/hostile.js';

const browser = inBrowser();

const STACKS = 'main;work;sort 30\nmain;work;hash 10\nmain;idle 40\nother;sort 20\n';

async function open(folded: string, options: FlamegraphOptions = {}) {
  const { svg } = await flamegraph(folded, options);
  await browser.open('cpu.svg', svg);
  await frame('all').waitFor();
}

/** The frame of a name, in a path's order where there are several. */
const frame = (name: string, nth = 0) =>
  browser.page
    .locator('#frames > g')
    .filter({ has: browser.page.locator('title', { hasText: new RegExp(`^${name} \\(`) }) })
    .nth(nth);

/** Per cent of the picture's width, as it is on the screen. */
async function width(name: string, nth = 0): Promise<number> {
  const whole = await browser.page.locator('#frames').getAttribute('width');
  const box = await frame(name, nth).locator('rect').boundingBox();
  return box ? Math.round((1000 * box.width) / Number(whole)) / 10 : 0;
}

const text = (id: string) => browser.page.locator(`#${id}`).textContent();

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
    const reset = browser.page.locator('#unzoom');
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
      browser.page.locator('#frames > g').evaluateAll((frames) =>
        frames
          .filter((one) => one.querySelector('rect')?.getAttribute('fill') === 'rgb(230,0,230)')
          .map((one) => one.querySelector('title')?.textContent?.split(' ')[0])
          .sort(),
      );
    expect(await colors()).toEqual([]);
    browser.answer = 'sort';
    await browser.page.keyboard.press('Control+f');
    expect(await colors()).toEqual(['sort', 'sort']);
    expect(await text('matched')).toBe('Matched: 50.0%');
    await browser.page.locator('#search').click();
    expect(await colors()).toEqual([]);
    // A frame below one that is found too is not counted twice.
    browser.answer = '^(main|sort)';
    await browser.page.locator('#search').click();
    expect(await colors()).toEqual(['main', 'sort', 'sort']);
    expect(await text('matched')).toBe('Matched: 100%');
  });

  it('a search within a zoom is a share of the zoom', async () => {
    await open(STACKS);
    await frame('work').click();
    browser.answer = 'sort';
    await browser.page.keyboard.press('Control+f');
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
      browser.answer = term;
      await browser.page.keyboard.press('Control+f');
      expect(await text('matched')).toBe(`Matched: ${share}`);
      await browser.page.locator('#search').click();
    }
  });

  it('names are searched, not what they count, and what is nowhere is 0 %', async () => {
    await open('main;f(int) 10\nmain;g 30\n');
    for (const [term, share] of [
      ['f\\(int\\)$', '25.0%'],
      ['samples', '0%'],
      ['^g$', '75.0%'],
    ] as const) {
      browser.answer = term;
      await browser.page.keyboard.press('Control+f');
      expect(await text('matched')).toBe(`Matched: ${share}`);
      expect(await browser.page.locator('#matched').isVisible()).toBe(true);
      if (share !== '0%') await browser.page.locator('#search').click();
    }
  });

  it('fractions are as wide as they are', async () => {
    await open('a;b 0.25\na;c 0.75\n');
    expect([await width('b'), await width('c')]).toEqual([25, 75]);
    browser.answer = 'b';
    await browser.page.keyboard.press('Control+f');
    expect(await text('matched')).toBe('Matched: 25.0%');
  });

  it('the address says what is shown, and the back button goes back to it', async () => {
    await open(STACKS);
    const { page } = browser;
    const seen = async () => [await width('work'), await frame('other').isVisible()];
    await frame('work').click();
    expect(await seen()).toEqual([100, false]);
    await frame('hash').click();
    browser.answer = 'hash';
    await page.keyboard.press('Control+f');
    expect(await text('matched')).toBe('Matched: 100%');
    const address = page.url();
    expect(new URL(address).searchParams.get('s')).toBe('hash');

    await page.goBack();
    expect(await width('hash')).toBe(100);
    expect(await page.locator('#matched').isVisible()).toBe(false);
    await page.goBack();
    expect(await width('hash')).toBe(25);
    await page.goBack();
    expect(await seen()).toEqual([40, true]);
    await page.goForward();
    expect(await seen()).toEqual([100, false]);

    await page.goto(address);
    await frame('all').waitFor();
    await expect.poll(() => width('hash')).toBe(100);
    expect(await text('matched')).toBe('Matched: 100%');
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
  it('run nothing and fetch nothing, whatever is done with them', async () => {
    await open(hostile.map((name) => `main;${name} 10\n`).join(''), {
      title: hostile.join(' '),
      subtitle: hostile.join(' '),
      countName: `${hostile[0]}${hostile[2]}`,
      nameType: `${hostile.join(' ')}\\';alert(11)//`,
      notes: hostile.join(' '),
    });
    const frames = browser.page.locator('#frames > g');
    const titles = await frames.locator('title').allTextContents();
    for (const name of hostile.slice(0, 7)) {
      expect(titles.filter((title) => title.startsWith(`${name} (`))).toHaveLength(1);
    }
    for (let nth = 0; nth < (await frames.count()); nth++) {
      await frames.nth(nth).dispatchEvent('mouseover');
      expect(await text('details')).toContain(titles[nth]);
      await frames.nth(nth).dispatchEvent('click');
      await browser.page.locator('#unzoom').dispatchEvent('click');
    }
    browser.answer = 'script';
    await browser.page.keyboard.press('Control+f');
    expect(await text('matched')).toMatch(/^Matched: \d/);
    expect(await browser.page.locator('script').count()).toBe(1);
    expect(
      await browser.page.locator('image, a, [onerror], [onmouseover], #frames [onload]').count(),
    ).toBe(0);
  });
});
