import {
  calling,
  callingSync,
  type FlamegraphOptions,
  type NativeFlamegraph,
  native,
  type StackCounts,
} from './native.js';

export type { FlamegraphOptions };

/** Lines that are no stack: the first ten by number from 1, and how many there are. */
interface LeftOut {
  readonly malformed: readonly { readonly line: number; readonly text: string }[];
  readonly malformedCount: number;
}

/**
 * Folded stacks, merged as they are read, off the JavaScript thread: memory follows different stacks, not lines. Two
 * profiles can be read, the second (`before`) to compare the first with. One call at a time.
 */
export class FoldedStacks {
  readonly #native: NativeFlamegraph;

  /** Throws BpfError EINVAL for an option's value that there is not. */
  constructor(options: FlamegraphOptions = {}) {
    this.#native = callingSync(() => new (native().Flamegraph)(options));
  }

  /** Reads on in a text of lines `frame;frame;frame count`, which may be cut anywhere. */
  read(text: Buffer, before = false): Promise<void> {
    return calling(() => this.#native.read(text, before));
  }

  /** Ends a text; another may follow. */
  end(before = false): Promise<LeftOut> {
    return calling(() => this.#native.end(before));
  }

  /** An SVG, by inferno. Rejects with BpfError ENODATA when there is no stack in a text, as `pack` does. */
  draw(): Promise<StackCounts & { svg: Buffer; palette?: string }> {
    return calling(() => this.#native.draw());
  }

  /**
   * The stacks themselves, as gzip of the text that native/src/folded/tree.rs tells. Of more than `mostFrames` different
   * frames the narrowest are counted in their callers.
   */
  pack(mostFrames: number): Promise<StackCounts & { packed: Buffer }> {
    return calling(() => this.#native.pack(mostFrames));
  }
}

export interface Collapse {
  /** What printed it. */
  readonly from: 'perf' | 'bpftrace' | 'dtrace';
  /** Threads apart, as `comm-pid/tid`: perf alone prints them. */
  readonly ids?: boolean;
  /** Of perf's events this one; otherwise the first that comes. */
  readonly event?: string;
}

/** Folded stacks of another profiler's output. `leftOut`: bpftrace's entries that have no plain count, perf's samples of other events. */
export function collapse(
  output: Buffer,
  options: Collapse,
): Promise<{ folded: Buffer; leftOut: number }> {
  return calling(() => native().collapse(output, options));
}
