import { createReadStream } from 'node:fs';
import { type Collapse, collapse, ToolError } from '@probekit/core';
import { extract, isPicture } from './embedded.js';
import { explained } from './read-stacks.js';

/** Bytes a read. */
const PIECE = 1 << 20;

const isStandardInput = (file: string | undefined) => file === undefined || file === '-';

/** As messages have it. */
export function inputName(file: string | undefined): string {
  return isStandardInput(file) ? 'standard input' : (file as string);
}

/**
 * The pieces of a file, or of standard input for none. In a pipe ^C reaches both ends: signals are left to the end that
 * writes, and the input is read to its end. Throws ToolError.
 */
export async function* pieces(file: string | undefined): AsyncGenerator<Buffer> {
  try {
    if (isStandardInput(file)) yield* process.stdin as AsyncIterable<Buffer>;
    else yield* createReadStream(file as string, { highWaterMark: PIECE }) as AsyncIterable<Buffer>;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ToolError(`cannot read "${inputName(file)}": ${code}`, 1, { cause });
  }
}

/** Of a file all of it. */
export async function wholeInput(file: string | undefined): Promise<Buffer> {
  const kept: Buffer[] = [];
  for await (const piece of pieces(file)) kept.push(piece);
  return Buffer.concat(kept);
}

/** Files that are close at hand and no text, by their first bytes. */
const NO_TEXT = [
  ['\x1f\x8b', 'gzip: give what zcat prints of it'],
  ['\x28\xb5\x2f\xfd', 'zstd: give what zstdcat prints of it'],
  ['PERFILE2', 'data of perf record: give what perf script prints of it, with --from perf'],
  ['\x7fELF', 'a program, not folded stacks'],
] as const;

function requireText(start: Buffer, name: string): void {
  const text = start.subarray(0, 8).toString('latin1');
  const known = NO_TEXT.find(([magic]) => text.startsWith(magic));
  if (known) throw new ToolError(`"${name}" is ${known[1]}`);
}

/**
 * The folded stacks of an input, which may be another program's output or a picture. `notice` is told what of it is left
 * out.
 */
export async function* foldedInput(
  file: string | undefined,
  from: Collapse | undefined,
  notice: (text: string) => void,
): AsyncGenerator<Uint8Array> {
  if (from) return yield await collapsed(await wholeInput(file), from, inputName(file), notice);
  const all = pieces(file);
  const first = await all.next();
  if (first.done) return;
  requireText(first.value, inputName(file));
  if (!isPicture(first.value)) {
    yield first.value;
    return yield* all;
  }
  const kept = [first.value];
  for await (const piece of all) kept.push(piece);
  const { folded, compares } = await extract(Buffer.concat(kept), inputName(file));
  if (compares) {
    throw new ToolError(
      `"${inputName(file)}" compares two profiles: give its --extract to --differential`,
    );
  }
  yield folded;
}

async function collapsed(
  output: Buffer,
  from: Collapse,
  name: string,
  notice: (text: string) => void,
): Promise<Uint8Array> {
  requireText(output, name);
  const { folded, leftOut } = await explained(() => collapse(output, from));
  if (leftOut > 0) {
    const what =
      from.from === 'perf'
        ? `samples of "${name}" of other events than ${from.event ?? 'the first'}`
        : `entries of "${name}" without a plain count`;
    notice(`${what}, left out: ${leftOut}`);
  }
  return folded;
}
