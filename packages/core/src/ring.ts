import type { RingLayout } from './layout.js';
import { calling, type NativeRing } from './native.js';

/** Length and flags before each record; records start at multiples of 8. */
const HEADER = 8;

/**
 * The records of one ring buffer, a batch at a time. It is pulled: while nobody asks, records wait in
 * the kernel's ring, and BPF counts those that no longer fit.
 */
export class TypedRing<R> implements AsyncIterable<R[]> {
  constructor(
    readonly name: string,
    private readonly layout: RingLayout<R>,
    private readonly native: NativeRing,
  ) {}

  /** Batches until `finish` was called and the ring is empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<R[]> {
    for (;;) {
      const bytes = await calling(() => this.native.read());
      if (!bytes) return;
      yield decodeBatch(bytes, this.layout);
    }
  }

  /** To be called once no program writes any more: the iteration ends after what is left. */
  finish(): void {
    this.native.finish();
  }
}

/** Throws RangeError on a record shorter than its type: object and layout differ. */
export function decodeBatch<R>(bytes: Buffer, layout: RingLayout<R>): R[] {
  const records: R[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const start = at + HEADER;
    if (length < layout.size || start + length > bytes.length) {
      throw new RangeError(`ring record of ${length} bytes where ${layout.size} were expected`);
    }
    records.push(layout.decode(bytes, start));
    at = start + Math.ceil(length / 8) * 8;
  }
  return records;
}
