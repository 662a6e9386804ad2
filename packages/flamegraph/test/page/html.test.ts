import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { flamegraphPage, type PageOptions } from '../../src/flamegraph.js';
import { inBrowser } from '../fixtures/browser.js';
import { hostile } from '../fixtures/hostile.js';

const browser = inBrowser();

const STACKS = 'main;work;sort 30\nmain;work;hash 10\nmain;idle 40\nother;sort 20\n';

async function open(folded: string, options: PageOptions = {}, hash = '') {
  const { html } = await flamegraphPage(folded, options);
  await browser.open('cpu.html', html, hash);
  await ready();
}

const ready = () => browser.page.locator('body[data-ready]').waitFor();

/** Frames of a name that are drawn, from left to right. */
const frame = (name: string, nth = 0) => browser.page.locator(`g.frame[name="${name}"]`).nth(nth);

/** Per cent of the chart's width, as it is on the screen; 0: not drawn. */
async function width(name: string, nth = 0): Promise<number> {
  if ((await frame(name, nth).count()) === 0) return 0;
  const whole = await browser.page.locator('#chart svg').boundingBox();
  const rect = frame(name, nth).locator('rect');
  await expect.poll(() => rect.getAttribute('width')).not.toBeNull();
  const box = await rect.evaluate((one) => Number(one.getAttribute('width')));
  return Math.round((1000 * box) / (whole?.width ?? 0)) / 10;
}

const text = (id: string) => browser.page.locator(`#${id}`).textContent();
const press = (key: string) => browser.page.keyboard.press(key);
const hash = () => new URLSearchParams(new URL(browser.page.url()).hash.slice(1));

const FOUND = '#e600e6';
const found = () =>
  browser.page.locator('g.frame').evaluateAll(
    (frames, color) =>
      frames
        .filter((one) => one.querySelector('rect')?.getAttribute('fill') === color)
        .map((one) => one.getAttribute('name'))
        .sort(),
    FOUND,
  );

async function search(term: string) {
  await press('Control+f');
  await browser.page.keyboard.type(term);
}

describe('a page', () => {
  it('has every frame as wide as its share', async () => {
    await open(STACKS);
    const widths = { all: 100, main: 80, other: 20, work: 40, idle: 40, hash: 10 };
    for (const [name, percent] of Object.entries(widths)) expect(await width(name)).toBe(percent);
    expect([await width('sort', 0), await width('sort', 1)].sort()).toEqual([20, 30]);
  });

  it('tells the frame under the pointer in full', async () => {
    await open(STACKS);
    await frame('work').hover();
    expect(await text('details')).toBe('work (40 samples, 40.00%, 50.00% of main)');
  });

  it('zooms by a click, further by another one, and back by Reset zoom', async () => {
    await open(STACKS);
    const reset = browser.page.locator('#reset');
    expect(await reset.isDisabled()).toBe(true);
    await frame('work').click();
    expect([await width('work'), await width('hash'), await width('main')]).toEqual([100, 25, 100]);
    expect([await width('idle'), await width('other')]).toEqual([0, 0]);
    await frame('hash').click();
    expect(await width('hash')).toBe(100);
    await reset.click();
    expect([await width('work'), await width('other'), await width('idle')]).toEqual([40, 20, 40]);
    expect(await reset.isDisabled()).toBe(true);
  });

  it('finds by Ctrl-F, marks, and adds up what it found', async () => {
    await open(STACKS);
    expect(await found()).toEqual([]);
    await search('sort');
    expect(await found()).toEqual(['sort', 'sort']);
    expect(await text('matched')).toBe('50.00% matched');
    // A frame above one that is found too is not counted twice.
    await search('^(main|sort)');
    expect(await found()).toEqual(['main', 'sort', 'sort']);
    expect(await text('matched')).toBe('100.00% matched');
    await press('Escape');
    expect(await found()).toEqual([]);
    expect(await text('matched')).toBe('');
  });

  it('searches within a zoom, and any text', async () => {
    await open('main;f(int, char) 10\nmain;f(long) 20\nmain;a[0]\\b 10\nother 60\n');
    await frame('main').click();
    for (const [term, share] of [
      ['f(', '75.00%'],
      ['f(int, ', '25.00%'],
      ['[0]\\', '25.00%'],
      ['^f', '75.00%'],
    ] as const) {
      await search(term);
      expect(await text('matched')).toBe(`${share} matched`);
    }
  });

  it('says in its address what it shows, and the back button goes back', async () => {
    await open(STACKS);
    const { page } = browser;
    await frame('work').click();
    await frame('hash').click();
    await page.locator('#icicle').click();
    await search('has');
    expect(hash().get('search')).toBe('has');
    const address = page.url();

    // What was typed is one entry.
    await page.goBack();
    expect([await found(), await width('hash')]).toEqual([[], 100]);
    await page.goBack();
    expect(hash().has('icicle')).toBe(false);
    await page.goBack();
    expect([await width('work'), await width('hash')]).toEqual([100, 25]);
    await page.goBack();
    expect([await width('work'), await width('other')]).toEqual([40, 20]);
    await page.goForward();
    expect([await width('work'), await width('other')]).toEqual([100, 0]);

    await page.goto('about:blank');
    await page.goto(address);
    await ready();
    expect([await width('hash'), await found()]).toEqual([100, ['hash']]);
    expect(await text('matched')).toBe('100.00% matched');
    expect(await page.locator('#icicle').getAttribute('aria-pressed')).toBe('true');
  });

  it('has no entry in the history for what changes nothing', async () => {
    await open(STACKS);
    await frame('work').click();
    const entries = await browser.page.evaluate(() => history.length);
    await frame('work').click();
    await browser.page.locator('#flame').click();
    expect(await browser.page.evaluate(() => history.length)).toBe(entries);
    await browser.page.goBack();
    expect([await width('work'), await width('other')]).toEqual([40, 20]);
  });

  it('says how many of its functions it lists', async () => {
    const heading = () => browser.page.locator('#hottest h2').textContent();
    await open(STACKS);
    expect(await heading()).toBe('Hottest functions');
    await open(Array.from({ length: 1200 }, (_, n) => `main;f${n} 1\n`).join(''));
    expect(await heading()).toBe('Hottest functions (50 of 1,201)');
    expect(await browser.page.locator('#hottest tbody tr').count()).toBe(50);
  });

  it('stands on its root as a flame and hangs from it as an icicle', async () => {
    await open(STACKS);
    const above = async () =>
      ((await frame('all').boundingBox())?.y ?? 0) < ((await frame('main').boundingBox())?.y ?? 0);
    expect(await above()).toBe(false);
    await browser.page.locator('#icicle').click();
    expect(await above()).toBe(true);
    await frame('work').click();
    expect([await width('work'), await width('hash')]).toEqual([100, 25]);
  });

  it('puts callers on what they call', async () => {
    await open(STACKS);
    await browser.page.locator('#callers').click();
    expect([await width('sort'), await width('hash'), await width('idle')]).toEqual([50, 10, 40]);
    const tree = { work: 30, other: 20 };
    for (const [name, percent] of Object.entries(tree)) {
      expect([await width(name, 0), await width(name, 1)]).toContain(percent);
    }
    expect(hash().get('callers')).toBe('1');
  });

  it('shows processes, threads, names, or all together', async () => {
    await open('a-7/7;f 10\na-7/8;f 20\na-9/9;f 30\nb-5/5;g 40\n');
    const view = browser.page.locator('#view');
    const names = async (value: string) => {
      await view.selectOption(value);
      return browser.page
        .locator('g.frame')
        .evaluateAll((frames) => frames.map((one) => one.getAttribute('name')).sort());
    };
    expect(await width('a (7)')).toBe(30);
    expect(await names('thread')).toEqual([
      'a (7, thread 7)',
      'a (7, thread 8)',
      'a (9, thread 9)',
      'all',
      'b (5, thread 5)',
      'f',
      'f',
      'f',
      'g',
    ]);
    expect(await names('name')).toEqual(['a', 'all', 'b', 'f', 'g']);
    expect(await width('a')).toBe(60);
    expect(await names('all')).toEqual(['all', 'f', 'g']);
    expect(await names('process')).toEqual(['a (7)', 'a (9)', 'all', 'b (5)', 'f', 'f', 'g']);
  });

  it.each([
    [{}, 'by first frame'],
    [{ roots: 'container' }, 'by container'],
  ])('calls first frames that are no processes what they are: %j', async (options, wanted) => {
    await open('docker:3f2a;web;f 30\n/work-12;web;f 10\n', options);
    const choices = browser.page.locator('#view option');
    expect(await choices.allTextContents()).toEqual([wanted, 'all together']);
    expect(await width('/work-12')).toBe(25);
  });

  it('does not take names for processes where it is told what they are', async () => {
    await open('/work-12;web;f 10\n', { roots: 'container' });
    expect(await width('/work-12')).toBe(100);
    await open('web-12;f 10\n');
    expect(await width('web (12)')).toBe(100);
  });

  it('lists the hottest functions by what they took themselves, and with what they called', async () => {
    await open('p-1/1;main;work;work 30\np-1/1;main;work 20\np-1/1;main;idle_[k] 50\n');
    const rows = () =>
      browser.page
        .locator('#hottest tbody tr')
        .evaluateAll((all) =>
          all.map((row) =>
            [...row.querySelectorAll('td > span, td > small, td > button')].map(
              (one) => one.textContent,
            ),
          ),
        );
    expect(await rows()).toEqual([
      ['50.00%', '50', '50.00%', '50', 'work'],
      ['50.00%', '50', '50.00%', '50', 'idle'],
      ['0.00%', '0', '100.00%', '100', 'main'],
    ]);
    await browser.page.locator('#hottest th button', { hasText: 'Total' }).click();
    expect((await rows())[0]?.at(-1)).toBe('main');
    await browser.page.locator('#hottest td button', { hasText: 'idle' }).click();
    expect(await found()).toEqual(['idle']);
    expect(await text('matched')).toBe('50.00% matched');
  });

  it('lists what took nothing itself by what it called', async () => {
    await open('main;small;wait 10\nmain;large;wait 30\n');
    const names = await browser.page.locator('#hottest td button').allTextContents();
    expect(names).toEqual(['wait', 'main', 'large', 'small']);
  });

  it('is used by keys alone', async () => {
    await open(STACKS);
    const selected = () => browser.page.locator('g.frame.selected').getAttribute('name');
    const pressed: [string, string][] = [
      ['ArrowUp', 'all'],
      ['ArrowUp', 'main'],
      ['ArrowRight', 'other'],
      ['ArrowLeft', 'main'],
      ['ArrowUp', 'idle'],
      ['ArrowRight', 'work'],
      ['ArrowDown', 'main'],
    ];
    for (const [key, name] of pressed) {
      await press(key);
      expect(await selected()).toBe(name);
    }
    expect(await text('details')).toBe('main (80 samples, 80.00%)');
    await press('Enter');
    expect([await width('main'), await width('other')]).toEqual([100, 0]);
    await press('/');
    await browser.page.keyboard.type('sort');
    expect(await text('matched')).toBe('37.50% matched');
    await press('Escape');
    await press('Escape');
    expect([await width('main'), await width('other')]).toEqual([80, 20]);
    await press('i');
    expect(await browser.page.locator('#icicle').getAttribute('aria-pressed')).toBe('true');
    await press('c');
    expect(await width('sort')).toBe(50);
  });

  it('keeps fractions, and says what frames count', async () => {
    await open('a;b 0.25\na;c 0.75\n', { countName: 'ms' });
    expect([await width('b'), await width('c')]).toEqual([25, 75]);
    await frame('b').hover();
    expect(await text('details')).toBe('b (0.25 ms, 25.00%, 25.00% of a)');
  });
});

describe('a comparison', () => {
  const before = 'main;same 1000\nmain;slow 1000\nmain;gone 500\nmain;fast 2000\n';
  const after = 'main;same 1020\nmain;slow 2000\nmain;new 500\nmain;fast 1000\n';
  const color = async (name: string) => {
    const rgb = /rgb\((\d+),(\d+),(\d+)\)/.exec(
      (await frame(name).locator('rect').getAttribute('fill')) ?? '',
    );
    const [red = 0, , blue = 0] = (rgb?.slice(1) ?? []).map(Number);
    return red === blue ? 'grey' : red > blue ? 'red' : 'blue';
  };

  it('is red where the share grew, blue where it shrank, grey within the sampling error', async () => {
    await open(after, { before });
    expect([await color('slow'), await color('new'), await color('fast')]).toEqual([
      'red',
      'red',
      'blue',
    ]);
    expect([await color('same'), await color('main')]).toEqual(['grey', 'grey']);
    await frame('same').hover();
    expect(await text('details')).toContain('+0.34 points, within the sampling error');
    await frame('fast').hover();
    expect(await text('details')).toMatch(/; -22\.32 points\)$/);
    expect(await width('gone')).toBe(0);
    await browser.page.locator('#before').click();
    expect([await width('gone'), await width('new')]).toEqual([11.1, 0]);
  });

  it('puts processes of one name together: the numbers of two runs are not the same', async () => {
    await open('app-20/21;main 10\n', { before: 'app-10/11;main 10\n' });
    expect(await browser.page.locator('#view').inputValue()).toBe('name');
    await frame('app').hover();
    expect(await text('details')).toContain('0.00 points, within the sampling error');
    await browser.page.locator('#view').selectOption('process');
    expect(await width('app (20)')).toBe(100);
  });

  it('lists what changed most, and noise last', async () => {
    await open(after, { before });
    const rows = await browser.page
      .locator('#hottest tbody tr')
      .evaluateAll((all) =>
        all.map((row) => [
          row.querySelector('button')?.textContent,
          row.querySelector('span')?.textContent,
          row.querySelector('span')?.className,
        ]),
      );
    expect(rows.slice(0, 4)).toEqual([
      ['fast', '-22.32', 'less'],
      ['slow', '+22.03', 'more'],
      ['gone', '-11.11', 'less'],
      ['new', '+11.06', 'more'],
    ]);
    expect(rows.slice(4).map(([, , kind]) => kind)).toEqual(['noise', 'noise']);
  });
});

describe('a page on any screen', () => {
  const folded = readFileSync(new URL('../fixtures/server.folded', import.meta.url), 'utf8');

  it.each([
    [390, 844, 'light'],
    [390, 844, 'dark'],
    [1280, 800, 'dark'],
  ] as const)('fits %i by %i, %s', async (wide, high, colorScheme) => {
    await browser.reopen({ viewport: { width: wide, height: high }, colorScheme });
    await open(folded, { title: 'CPU', subtitle: 'a server', quality: '5,429 samples, none lost' });
    const { page } = browser;
    // Nothing reaches out of the window.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      wide,
    );
    expect(await width('all')).toBe(100);
    const contrast = await page.evaluate(() => {
      const light = (color: string) => {
        const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
          const share = Number(part) / 255;
          return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const back = light(getComputedStyle(document.body).backgroundColor);
      return [
        ...document.querySelectorAll(
          'h1, header p, button:enabled, td span, #details, #legend span',
        ),
      ]
        .map((one) => light(getComputedStyle(one).color))
        .map((text) => (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05));
    });
    expect(Math.min(...contrast)).toBeGreaterThan(4.5);
    // A root that would be out of sight is at the top.
    expect((await frame('all').boundingBox())?.y).toBeLessThan(high);
    for (const line of ['CPU', 'a server', '5,429 samples, none lost']) {
      expect(await page.locator('header').textContent()).toContain(line);
    }
  });

  it('follows the window as it grows', async () => {
    await open(STACKS);
    await browser.page.setViewportSize({ width: 700, height: 600 });
    await expect
      .poll(async () => (await frame('all').locator('rect').boundingBox())?.width)
      .toBeLessThan(700);
    // The chart may be fitted once more, between the reading of its own width and that of a frame.
    await expect.poll(() => width('work')).toBe(40);
  });

  it('opens 20,000 frames in less than two seconds', async () => {
    const lines: string[] = [];
    for (let a = 0; a < 20; a++) {
      for (let b = 0; b < 50; b++) {
        for (let c = 0; c < 19; c++)
          lines.push(`process_${a};f${b};g${b % 7};h${c} ${1 + ((a + b * c) % 9)}\n`);
      }
    }
    const { html, stacks } = await flamegraphPage(lines.join(''));
    // Each ends in a frame of its own, on 20 + 20 * 50 * 2 others.
    expect(stacks).toBe(19_000);
    const begin = performance.now();
    await browser.open('cpu.html', html);
    await ready();
    await browser.page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
    expect(performance.now() - begin).toBeLessThan(2000);
    await search('h3');
    expect(await text('matched')).toMatch(/^\d+\.\d\d% matched$/);
  });
});

it('counts the narrowest of very many frames in their callers, and says so', async () => {
  const lines = Array.from(
    { length: 150_000 },
    (_, n) => `main;f${n % 300};g${n} ${n < 60_000 ? 2 : 1}\n`,
  );
  await open(lines.join(''));
  expect(await browser.page.locator('header').textContent()).toContain(
    'Frames of less than 2 samples are counted in their callers.',
  );
  expect(await text('details')).toBe('all (210,000 samples, 100.00%)');
});

describe('names', () => {
  it('run nothing and fetch nothing, whatever is done with them', async () => {
    const all = hostile.join(' ');
    await open(hostile.map((name) => `main;${name} 10\n`).join(''), {
      title: all,
      subtitle: all,
      quality: all,
      countName: all,
      before: hostile.map((name) => `main;${name} 20\n`).join(''),
    });
    const { page } = browser;
    const names = await page
      .locator('g.frame')
      .evaluateAll((frames) => frames.map((one) => one.getAttribute('name')));
    for (const name of hostile.slice(0, 7)) {
      expect(names).toContain(name.replace(/;.*/, ''));
    }
    for (const one of await page.locator('g.frame').all()) {
      await one.dispatchEvent('mouseover');
      await one.dispatchEvent('click');
      await page.locator('#reset').dispatchEvent('click');
    }
    await search('script');
    expect(await text('matched')).toMatch(/^\d/);
    for (const button of await page.locator('#hottest td button').all())
      await button.dispatchEvent('click');
    // The page's own: what it is about, the stacks, and what draws them.
    expect(await page.locator('script').count()).toBe(3);
    expect(
      await page.locator('img, image, a, iframe, [onerror], [onmouseover], [onload]').count(),
    ).toBe(0);
    const shown = await page.locator('body').textContent();
    for (const active of ['\u202e', '\u0007', '\u001b']) expect(shown).not.toContain(active);
  });

  it('could not run anything: the policy refuses it', async () => {
    await open(STACKS);
    const { page } = browser;
    const refused = await page.evaluate(async () => {
      const seen: string[] = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
        seen.push(effectiveDirective),
      );
      const script = document.createElement('script');
      script.textContent = 'document.title = "ran"';
      document.body.append(script);
      const image = document.createElement('img');
      image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw=';
      document.body.append(image);
      await fetch('data:,x').catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
      return seen.sort();
    });
    expect(refused).toEqual(['connect-src', 'img-src', 'script-src-elem']);
    expect(await page.title()).toBe('Flame Graph');
    browser.expectRefusals();
  });
});
