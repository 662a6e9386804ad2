import { type FlamegraphOptions as Drawing, UsageError } from '@probekit/core';
import { embed, LARGEST } from './embedded.js';
import {
  explained,
  type Folded,
  type Malformed,
  type ReadStacks,
  readStacks,
} from './read-stacks.js';

export { type Collapse, collapse } from '@probekit/core';
export { extract } from './embedded.js';
export { type FlamegraphPage, flamegraphPage, type PageOptions } from './html.js';
export type { Folded, Malformed };

export interface FlamegraphOptions extends Drawing {
  /** Compare with this profile: colors are differences, widths those of the first. */
  readonly before?: Folded;
  /** How good the numbers are, below the title. */
  readonly quality?: string;
  /** Keep the stacks in the picture (the default), unless they take more than 16 MiB. */
  readonly embed?: boolean;
}

export interface Flamegraph {
  readonly svg: Buffer;
  /** Lines drawn. */
  readonly stacks: number;
  /** The sum of their counts. */
  readonly total: number;
  /** Lines that are no stack: they are left out. The first ten of each text. */
  readonly malformed: readonly Malformed[];
  readonly malformedCount: number;
  /** Whether `extract` gives the stacks back. */
  readonly embedded: boolean;
  /** The colors of all functions, where `options.palette` is a text, if an empty one. */
  readonly palette?: string;
}

/**
 * A flame graph of folded stacks (`frame;frame;frame count`, one a line), as an SVG that stands alone: click to zoom,
 * Ctrl-F to search. The stacks may come in pieces (a stream, a generator); they are merged as they come, so that memory
 * follows the different ones. Lines that are no stack are left out and named in `malformed`. Rejects with ToolError
 * when no line is one, and with UsageError when an option has a value that there is not.
 */
export async function flamegraph(
  folded: Folded,
  options: FlamegraphOptions = {},
): Promise<Flamegraph> {
  const { before } = options;
  const texts =
    before === undefined ? [{ folded }] : [{ folded }, { folded: before, before: true }];
  return drawSvg(await readStacks(texts, drawing(options)), options);
}

/** The options of the drawing itself, with the titles that a kind of picture has. */
export function drawing({ before, quality, embed: _, ...options }: FlamegraphOptions): Drawing {
  if (before !== undefined && options.flameChart) {
    throw new UsageError('a flame chart shows time, which is not compared');
  }
  const subtitle = [options.subtitle, quality].filter(Boolean).join(' · ');
  return {
    title:
      before !== undefined || options.twoCounts ? 'Differential Flame Graph' : titleOf(options),
    ...options,
    ...(subtitle && { subtitle }),
  };
}

function titleOf({ flameChart, inverted }: Drawing): string {
  if (flameChart) return 'Flame Chart';
  return inverted ? 'Icicle Graph' : 'Flame Graph';
}

/** Draws what was read. */
export async function drawSvg(
  { stacks, malformed, malformedCount }: ReadStacks,
  { embed: wanted = true, flameChart }: FlamegraphOptions,
): Promise<Flamegraph> {
  const drawn = await explained(() => stacks.draw());
  // Those in the order of time cannot be merged.
  const packed = wanted && !flameChart ? (await stacks.pack(Infinity)).packed : undefined;
  const embedded = packed !== undefined && packed.length <= LARGEST;
  return {
    svg: embedded ? embed(drawn.svg, packed) : drawn.svg,
    stacks: drawn.stacks,
    total: drawn.total,
    malformed,
    malformedCount,
    embedded,
    ...(drawn.palette !== undefined && { palette: drawn.palette }),
  };
}
