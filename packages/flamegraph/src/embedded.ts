import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ToolError } from '@probekit/core';
import { type Packed, unpack } from './packed.js';

/** Where a picture keeps the stacks that it was drawn from: in SVG before its end, in a page in a script that is none. */
const IN_SVG = ['<metadata id="stacks">', '</metadata>'] as const;
export const IN_PAGE = ['<script id="stacks" type="application/gzip">', '</script>'] as const;

/** Larger ones would make the picture slow to open. */
export const LARGEST = 16 * 1024 * 1024;

/** The SVG with the packed stacks in it. */
export function embed(svg: Buffer, packed: Buffer): Buffer {
  const end = svg.lastIndexOf('</svg>');
  const [open, close] = IN_SVG;
  const metadata = Buffer.from(`${open}${packed.toString('base64')}${close}`);
  return Buffer.concat([svg.subarray(0, end), metadata, svg.subarray(end)]);
}

/** Whether a text is a picture, by its first bytes. */
export function isPicture(start: Buffer): boolean {
  return /^\s*<(\?xml|svg|!doctype)/i.test(start.subarray(0, 100).toString('latin1'));
}

/**
 * The folded stacks that a picture was drawn from, merged and sorted; with two counts a line, before and after, where
 * it compares. `name` stands in errors: throws ToolError where there are none in it.
 */
export async function extract(
  picture: Buffer,
  name: string,
): Promise<{ folded: Buffer; compares: boolean }> {
  const packed = find(picture);
  if (!packed) {
    throw new ToolError(
      `no stacks are embedded in "${name}": give a picture that this tool drew, or the folded stacks`,
    );
  }
  try {
    // Bytes of names are characters, so that they come out as they went in.
    return foldedText(unpack((await promisify(gunzip)(packed)).toString('latin1')));
  } catch (cause) {
    throw new ToolError(`the stacks in "${name}" are damaged, or of another version`, 1, { cause });
  }
}

function find(picture: Buffer): Buffer | undefined {
  for (const [open, close] of [IN_SVG, IN_PAGE]) {
    const start = picture.indexOf(open);
    const end = picture.indexOf(close, start);
    if (start === -1 || end === -1) continue;
    return Buffer.from(picture.subarray(start + open.length, end).toString('latin1'), 'base64');
  }
  return undefined;
}

function foldedText({ names, caller, name, after, before, reversed }: Packed) {
  const compares = before.some((count) => count > 0);
  const lines: string[] = [];
  for (let frame = 0; frame < name.length; frame++) {
    if (!after[frame] && !before[frame]) continue;
    const path: string[] = [];
    for (let at = frame; at >= 0; at = caller[at] as number) {
      path.push(names[name[at] as number] as string);
    }
    const counts = compares ? [before[frame], after[frame]] : [after[frame]];
    lines.push(
      `${(reversed ? path : path.reverse()).join(';')} ${counts.map((count) => decimal(count)).join(' ')}\n`,
    );
  }
  return { folded: Buffer.from(lines.sort().join(''), 'latin1'), compares };
}

/** Without an exponent, and without zeros at the end. */
function decimal(count = 0): string {
  return Number.isInteger(count) ? String(count) : count.toFixed(6).replace(/0+$/, '');
}
