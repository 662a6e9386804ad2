import { decimal, flag, integer, textOption, texts } from '@probekit/core';

const pixels = (help: string, min: number, max: number) =>
  integer(null, help, { min, max, default: undefined, metavar: 'PX' });

/** What is read, and what is made of it. */
const ours = {
  file: texts(null, 'read FILE (- is standard input); two are compared, before and after', 'FILE'),
  output: textOption('o', 'write to FILE, which appears when it is complete', 'FILE'),
  html: flag(null, 'a page to explore; -o with a name that ends in .html says so too'),
  from: textOption(null, 'what printed the input: perf (script), bpftrace or dtrace', 'PROGRAM'),
  event: textOption(null, 'of the events of perf script this one, not the first', 'NAME'),
  merge: flag(null, 'add the files up, any number of them'),
  differential: flag(null, 'lines have two counts, before and after, as difffolded.pl prints them'),
  normalize: flag(null, 'compare shares: multiply the counts before to the same sum'),
  extract: flag(null, 'print the folded stacks that a picture was drawn from'),
  bare: flag(null, 'do not keep the stacks in the picture'),
  verbose: flag('v', 'say more when something fails'),
  quiet: flag('q', 'do not name lines that are no stacks'),
};

/** Those of flamegraph.pl and inferno-flamegraph, by their names. */
const theirs = {
  title: textOption(null, 'above the picture'),
  subtitle: textOption(null, 'below the title'),
  width: pixels('of the picture; without it as wide as the page', 100, 100_000),
  height: pixels('of a frame (16)', 4, 200),
  minwidth: decimal(null, 'narrower frames are left out (0.01)', { max: 100, metavar: 'PERCENT' }),
  fonttype: textOption(null, 'a font family (monospace)', 'FONT'),
  fontsize: pixels('of the font (12)', 4, 100),
  fontwidth: decimal(null, 'of a character, relative to its size (0.59)', {
    max: 10,
    metavar: 'RATIO',
  }),
  countname: textOption(null, 'what is counted (samples)'),
  nametype: textOption(null, 'what a frame is (Function:)'),
  colors: textOption(
    'c',
    'kinds (kernel, JIT and others apart), hot, mem, io, java, js, wakeup, chain, perl, python, rust, red, green, blue, aqua, yellow, purple, orange (kinds)',
    'PALETTE',
  ),
  bgcolors: textOption(null, 'background: yellow, blue, green, grey or #rrggbb', 'COLOR'),
  uicolor: textOption(null, 'of titles and buttons (#000000)', '#RRGGBB'),
  searchColor: textOption(null, 'of frames that a search finds (#e600e6)', '#RRGGBB'),
  strokeColor: textOption(null, 'an outline around frames (none)', '#RRGGBB'),
  colordiffusion: flag(null, 'the wider a frame, the redder'),
  hash: flag(null, 'colors by name, similar ones for names that begin alike'),
  deterministic: flag(null, 'colors by name (the default)'),
  random: flag(null, 'another color each time'),
  cp: flag(null, 'keep the colors of functions in palette.map, here'),
  nameattr: textOption(null, 'attributes of frames by function, tab-separated', 'FILE'),
  reverse: flag(null, 'merge stacks from the leaf: who calls'),
  inverted: flag('i', 'icicle: the root at the top'),
  flamechart: flag(null, 'keep the order of lines as time, do not merge'),
  negate: flag(null, 'swap red and blue of a comparison'),
  notes: textOption(null, 'a comment inside the picture'),
  factor: decimal(null, 'multiply shown counts', { max: 1e9, metavar: 'N' }),
  total: decimal(null, 'shares are of this, where it is more than the sum of the counts', {
    max: 9e15,
    metavar: 'N',
  }),
  base: texts(null, 'stacks begin at this function; those without are left out', 'FUNCTION'),
  truncateTextRight: flag(null, 'cut off the ends of long names, not their starts'),
  prettyXml: flag(null, 'indented XML'),
  noSort: flag(null, 'accepted: lines may come in any order'),
  encoding: textOption(null, 'accepted: the picture is in UTF-8 always'),
};

export const options = { ...ours, ...theirs };

/** Those of theirs that a page has too; others are of the SVG alone. */
const OF_PAGES = new Set(
  ['title', 'subtitle', 'countname', 'reverse', 'inverted', 'base'].concat([
    'noSort',
    'encoding',
    'deterministic',
  ]),
);

/** The options that were given and that a page has not, which is made of its stacks. */
export function notOfPages(args: Readonly<Record<string, unknown>>): string[] {
  return ['bare', ...Object.keys(theirs)].filter((name) => {
    const value = args[name];
    const given = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    return given && !OF_PAGES.has(name);
  });
}
