import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type FlamegraphOptions as Drawing, escapeText } from '@probekit/core';
import type { About } from './about.js';
import { IN_PAGE } from './embedded.js';
import {
  explained,
  type Folded,
  type Malformed,
  type ReadStacks,
  readStacks,
} from './read-stacks.js';

export interface PageOptions
  extends Pick<
    Drawing,
    'title' | 'subtitle' | 'countName' | 'inverted' | 'reverse' | 'base' | 'twoCounts'
  > {
  /** Compare with this profile. */
  readonly before?: Folded;
  /** How good the numbers are, below the title. */
  readonly quality?: string;
  /** What the first frames are, such as "container". Left out, names like `comm-pid/tid` and `comm-pid` tell. */
  readonly roots?: string;
}

export interface FlamegraphPage {
  readonly html: Buffer;
  /** Lines drawn. */
  readonly stacks: number;
  /** The sum of their counts. */
  readonly total: number;
  readonly malformed: readonly Malformed[];
  readonly malformedCount: number;
}

/** Of more different frames, the narrowest are counted in their callers, and the page says so. */
const MOST_FRAMES = 100_000;

/**
 * A page of folded stacks to explore: one HTML file that needs no network and lets nothing in. Stacks whose first frame is
 * `comm-pid/tid` are shown by process and by thread. Takes stacks, and fails, as `flamegraph` does.
 */
export async function flamegraphPage(
  folded: Folded,
  options: PageOptions = {},
): Promise<FlamegraphPage> {
  const { before } = options;
  const texts =
    before === undefined ? [{ folded }] : [{ folded }, { folded: before, before: true }];
  return drawPage(await readStacks(texts, reading(options)), options);
}

/** What the add-on is told: the rest of it the page does itself. */
export function reading({ base, twoCounts }: PageOptions): Drawing {
  return { ...(base && { base }), ...(twoCounts && { twoCounts }) };
}

/** The page of what was read. */
export async function drawPage(
  { stacks, malformed, malformedCount }: ReadStacks,
  options: PageOptions,
): Promise<FlamegraphPage> {
  const { packed, stacks: lines, total, before } = await explained(() => stacks.pack(MOST_FRAMES));
  const { title, subtitle, quality, countName = 'samples', roots, inverted, reverse } = options;
  const about: About = {
    title: title ?? (before > 0 ? 'Differential Flame Graph' : 'Flame Graph'),
    subtitle: subtitle ?? '',
    quality: quality ?? '',
    countName,
    roots: roots ?? '',
    icicle: inverted ?? false,
    callers: reverse ?? false,
  };
  return { html: page(about, packed), stacks: lines, total, malformed, malformedCount };
}

function page(about: About, packed: Buffer): Buffer {
  const script = built('page.js').replaceAll('</script', '<\\/script');
  const style = built('page.css');
  const shown = Object.fromEntries(
    Object.entries(about).map(([key, value]) => [
      key,
      typeof value === 'string' ? escapeText(value) : value,
    ]),
  );
  // In JSON, < can stand as its escape: no text can end the element.
  const json = JSON.stringify(shown).replaceAll('<', '\\u003c');
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const [open, close] = IN_PAGE;
  return Buffer.from(
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Flame Graph</title>
<style>${style}</style>
<body>
<noscript>This page is drawn by its own script, which this browser does not run.</noscript>
<script id="about" type="application/json">${json}</script>
${open}${packed.toString('base64')}${close}
<script>${script}</script>
`,
  );
}

/** What the build wrote; found from src and from dist alike. */
function built(file: string): string {
  return readFileSync(new URL(`../dist/page/${file}`, import.meta.url), 'utf8');
}

/** @see https://www.w3.org/TR/CSP3/#framework-directive-source-list */
function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
