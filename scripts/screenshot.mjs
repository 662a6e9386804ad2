// @ts-check
// npm run screenshot: the pictures of the READMEs, by the Chromium that is installed. What they show is
// packages/flamegraph/test/fixtures/server.folded, so that only a change of the pages changes them.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { flamegraphPage } from '@probekit/flamegraph';
import { chromium } from 'playwright-core';

const at = (/** @type {string} */ file) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const fixture = (/** @type {string} */ name) =>
  readFileSync(at(`packages/flamegraph/test/fixtures/${name}.folded`));

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
if (!executablePath) throw new Error('no chromium; apt-get install chromium');

const about = {
  title: 'CPU flame graph',
  subtitle: 'all processes, 99 Hertz, 30.0 s',
  quality: '5,429 samples, none lost',
};
const pages = {
  'docs/flamegraph.png': await flamegraphPage(fixture('server'), about),
  'docs/differential.png': await flamegraphPage(fixture('server'), {
    before: fixture('server-before'),
    title: 'Before and after the release',
  }),
};

const directory = mkdtempSync(path.join(tmpdir(), 'screenshot-'));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  for (const [picture, { html }] of Object.entries(pages)) {
    const file = path.join(directory, 'page.html');
    writeFileSync(file, html);
    await page.goto(`${pathToFileURL(file)}#icicle=1`);
    await page.locator('body[data-ready]').waitFor();
    // A timer sets them.
    await page.locator('.d3-flame-graph-label', { hasText: /^all$/ }).waitFor();
    await page.screenshot({ path: at(picture) });
    process.stdout.write(`${picture}\n`);
    await page.goto('about:blank');
  }
} finally {
  await browser.close();
  rmSync(directory, { recursive: true });
}
