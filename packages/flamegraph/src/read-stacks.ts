import {
  BpfError,
  type FlamegraphOptions,
  FoldedStacks,
  ToolError,
  UsageError,
} from '@probekit/core';

/** Folded stacks: lines `frame;frame;frame count`, whole or in pieces that are cut anywhere. */
export type Folded =
  | Uint8Array
  | string
  | Iterable<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>;

export interface Text {
  readonly folded: Folded;
  /** Of the profile that is compared with. */
  readonly before?: boolean;
  /** Where it comes from, for lines that are no stacks. */
  readonly name?: string;
}

/** A line that is no stack. */
export interface Malformed {
  readonly name?: string;
  /** From 1. */
  readonly line: number;
  /** Its start, harmless for a terminal. */
  readonly text: string;
}

export interface ReadStacks {
  readonly stacks: FoldedStacks;
  /** The first ten of each text. */
  readonly malformed: readonly Malformed[];
  readonly malformedCount: number;
}

/** One call into the add-on for about as many bytes. */
const BATCH = 1 << 20;

/** Reads texts one after the other; while the add-on reads one piece, the next one is fetched. */
export async function readStacks(
  texts: readonly Text[],
  options: FlamegraphOptions,
): Promise<ReadStacks> {
  if (options.twoCounts && texts.some(({ before }) => before)) {
    throw new UsageError('before and twoCounts exclude each other: lines have one count then');
  }
  const stacks = await explained(async () => new FoldedStacks(options));
  const malformed: Malformed[] = [];
  let malformedCount = 0;
  for (const { folded, before = false, name } of texts) {
    let reading: Promise<void> | undefined;
    for await (const piece of batches(folded)) {
      await reading;
      reading = stacks.read(piece, before);
      // It is awaited after the next piece has come: until then a failure of it is no unhandled one.
      reading.catch(() => {});
    }
    await reading;
    const ended = await stacks.end(before);
    malformed.push(
      ...ended.malformed.map((line) => (name === undefined ? line : { ...line, name })),
    );
    malformedCount += ended.malformedCount;
  }
  return { stacks, malformed, malformedCount };
}

async function* batches(folded: Folded): AsyncGenerator<Buffer> {
  if (typeof folded === 'string' || folded instanceof Uint8Array) return yield bytes(folded);
  let kept: Buffer[] = [];
  let size = 0;
  for await (const piece of folded) {
    kept.push(bytes(piece));
    size += piece.length;
    if (size < BATCH) continue;
    yield kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
    kept = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(kept);
}

function bytes(piece: Uint8Array | string): Buffer {
  return typeof piece === 'string'
    ? Buffer.from(piece)
    : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}

/** What the add-on refuses, as errors that say what to do. */
export async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    if (error.code === 'EINVAL') throw new UsageError(error.detail ?? error.message);
    if (error.code === 'ENODATA') {
      throw new ToolError(error.detail ?? error.message, 1, { cause: error });
    }
    throw error;
  }
}
