import type { Symbols } from './native.js';
import type { Frame, FrameKind } from './report.js';
import type { Symbolizer } from './symbolizer.js';

/** One stack of one process, as sampled: leaf first. */
export interface RawStack {
  /** 0: the kernel's, unless there is an image. */
  readonly pid: number;
  /** As it was given to `hold`; left out: what runs under the pid now. */
  readonly image?: bigint;
  readonly addresses: BigUint64Array;
}

/**
 * Names for the addresses of many stacks. Each address of a process is looked up once; frames of the
 * same address are one object. A caller's address is where its callee returns to, so the byte before
 * it is looked up: the call may have been the last instruction of its function.
 */
export async function symbolizeStacks(
  stacks: readonly RawStack[],
  symbolizer: Symbolizer,
): Promise<Frame[][]> {
  const images = new Map<string, Image>();
  const ofStack = stacks.map(({ pid, image, addresses }) => {
    const key = `${pid} ${image}`;
    const known = images.get(key) ?? { pid, image, frames: new Map<bigint, readonly Frame[]>() };
    images.set(key, known);
    for (let i = 0; i < addresses.length; i++) known.frames.set(lookupKey(addresses, i), []);
    return known.frames;
  });
  for (const { pid, image, frames } of images.values()) {
    const keys = BigUint64Array.from(frames.keys(), (key) => key >> 1n);
    const symbols = await symbolizer.symbolize(pid, keys, image);
    let i = 0;
    for (const key of frames.keys()) frames.set(key, framesAt(key, symbols, i++));
  }
  return stacks.map(({ addresses }, n) =>
    Array.from(addresses, (_, i) => ofStack[n]?.get(lookupKey(addresses, i)) ?? []).flat(),
  );
}

interface Image {
  readonly pid: number;
  readonly image: bigint | undefined;
  readonly frames: Map<bigint, readonly Frame[]>;
}

/** The address to look up, and in the lowest bit whether it stands one before the address sampled. */
function lookupKey(addresses: BigUint64Array, i: number): bigint {
  const address = addresses[i] as bigint;
  return i === 0 || address === 0n ? address << 1n : ((address - 1n) << 1n) | 1n;
}

/** Symbols' `kind` in words. */
const KINDS: readonly (FrameKind | undefined)[] = [undefined, 'inlined', 'jit', 'interpreted'];

function framesAt(key: bigint, symbols: Symbols, i: number): Frame[] {
  const address = (key >> 1n) + (key & 1n);
  const frames: Frame[] = [];
  for (let j = symbols.offsets[i] as number; j < (symbols.offsets[i + 1] as number); j++) {
    const kind = KINDS[symbols.kind[j] as number];
    frames.push({
      address,
      name: nth(symbols.names, symbols.symbol[j] as number),
      module: nth(symbols.modules, symbols.module[j] as number),
      ...(kind ? { kind } : {}),
    });
  }
  return frames;
}

/** Counted from 1. */
function nth(texts: readonly string[], n: number): string | null {
  return n ? (texts[n - 1] as string) : null;
}
