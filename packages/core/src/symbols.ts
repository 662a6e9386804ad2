import { calling, type NativeSymbolizer, native, type Symbols } from './native.js';
import type { Frame, FrameKind } from './report.js';

/** One stack of one process, as sampled: leaf first. */
export interface RawStack {
  /** 0: the kernel's, unless there is an image. */
  readonly pid: number;
  /** As it was given to `hold`; left out: what runs under the pid now. */
  readonly image?: bigint;
  readonly addresses: BigUint64Array;
}

/** One program in one process, from exec to exec, as the kernel tells of it. */
export interface ProcessImage {
  readonly pid: number;
  /** A number for it of the caller's. */
  readonly image: bigint;
  /** Since boot. */
  readonly startNs: bigint;
  /** Of its memory (mm_struct): what no other program has, since the kernel draws addresses at random. */
  readonly startCode: bigint;
  readonly endCode: bigint;
  readonly startStack: bigint;
}

/** gone: it had exited, or run another program; hidden: CAP_SYS_PTRACE is missing; full: too many are held. */
export type Held = 'held' | 'gone' | 'hidden' | 'full';

/** Names for addresses. What it holds of processes and files it lets go of with `close`. */
export class Symbolizer {
  private readonly native: NativeSymbolizer;

  /** `inlined`: also functions that were inlined, where files have DWARF. */
  constructor(options: { readonly inlined?: boolean } = {}) {
    const { Symbolizer } = native();
    this.native = new Symbolizer({ inlined: options.inlined ?? false });
  }

  /**
   * Reads what a process maps at this moment and keeps its files open, so that its addresses have names when it is
   * gone. May be told of the same image again: what it maps later is added.
   */
  async hold(image: ProcessImage): Promise<Held> {
    return await calling(() => this.native.hold(image));
  }

  /**
   * Names for the addresses of many stacks. Each address of a process is looked up once; frames of the
   * same address are one object. A caller's address is where its callee returns to, so the byte before
   * it is looked up: the call may have been the last instruction of its function.
   */
  async symbolize(stacks: readonly RawStack[]): Promise<Frame[][]> {
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
      const symbols = await calling(() => this.native.symbolize(pid, keys, image));
      let i = 0;
      for (const key of frames.keys()) frames.set(key, framesAt(key, symbols, i++));
    }
    return stacks.map(({ addresses }, n) =>
      Array.from(addresses, (_, i) => ofStack[n]?.get(lookupKey(addresses, i)) ?? []).flat(),
    );
  }

  async close(): Promise<void> {
    await calling(() => this.native.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

interface Image {
  readonly pid: number;
  readonly image: bigint | undefined;
  readonly frames: Map<bigint, readonly Frame[]>;
}

/** Names for the addresses of processes that run now, and of the kernel. */
export async function symbolizeStacks(stacks: readonly RawStack[]): Promise<Frame[][]> {
  const symbolizer = new Symbolizer();
  try {
    return await symbolizer.symbolize(stacks);
  } finally {
    await symbolizer.close();
  }
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
