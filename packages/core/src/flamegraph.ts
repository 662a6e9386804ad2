import { calling, type Flamegraph, type FlamegraphOptions, native } from './native.js';

export type { Flamegraph, FlamegraphOptions };

/**
 * A flame graph in SVG of folded stacks, drawn off the JavaScript thread by inferno. Malformed lines are left out
 * and named in the result. Rejects with BpfError ENODATA when no line holds a stack.
 */
export function flamegraph(folded: Buffer, options: FlamegraphOptions = {}): Promise<Flamegraph> {
  return calling(() => native().flamegraph(folded, options));
}
