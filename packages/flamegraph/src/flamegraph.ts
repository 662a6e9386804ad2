import {
  flamegraph as draw,
  type Flamegraph,
  type FlamegraphOptions,
  ToolError,
} from '@probekit/core';

export type { Flamegraph, FlamegraphOptions };

/**
 * A flame graph of folded stacks (`frame;frame;frame count`, one a line), as an SVG that stands alone: click to zoom,
 * Ctrl-F to search. Lines that are no stack are left out and named in `malformed`. Rejects with ToolError when no line
 * is one.
 */
export async function flamegraph(
  folded: Buffer,
  options: FlamegraphOptions = {},
): Promise<Flamegraph> {
  try {
    return await draw(folded, options);
  } catch (error) {
    if (error instanceof ToolError && 'code' in error && error.code === 'ENODATA') {
      throw new ToolError('no stack in the input: lines are "frame;frame;frame count"', 1, {
        cause: error,
      });
    }
    throw error;
  }
}
