import {
  BpfError,
  flamegraph as draw,
  type Flamegraph,
  type FlamegraphOptions,
  ToolError,
  UsageError,
} from '@probekit/core';

export type { Flamegraph, FlamegraphOptions };

/**
 * A flame graph of folded stacks (`frame;frame;frame count`, one a line), as an SVG that stands alone: click to zoom,
 * Ctrl-F to search. Lines that are no stack are left out and named in `malformed`. Rejects with ToolError when no line
 * is one, and with UsageError when an option has a value that there is not.
 */
export async function flamegraph(
  folded: Buffer,
  options: FlamegraphOptions = {},
): Promise<Flamegraph> {
  try {
    return await draw(folded, options);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    if (error.code === 'EINVAL') throw new UsageError(error.detail ?? error.message);
    if (error.code === 'ENODATA') {
      throw new ToolError('no stack in the input: lines are "frame;frame;frame count"', 1, {
        cause: error,
      });
    }
    throw error;
  }
}
