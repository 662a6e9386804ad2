import { calling, native, type Symbols } from './native.js';
import type { Frame } from './report.js';

/** One stack of one process, as sampled: leaf first. */
export interface RawStack {
  /** 0: the kernel's. */
  readonly pid: number;
  readonly addresses: BigUint64Array;
}

/**
 * Names for the addresses of many stacks. Each address of a process is looked up once; frames of the
 * same address are one object. A caller's address is where its callee returns to, so the byte before
 * it is looked up: the call may have been the last instruction of its function.
 */
export async function symbolizeStacks(stacks: readonly RawStack[]): Promise<Frame[][]> {
  const byProcess = new Map<number, Map<bigint, Frame>>();
  for (const { pid, addresses } of stacks) {
    const frames = byProcess.get(pid) ?? new Map<bigint, Frame>();
    byProcess.set(pid, frames);
    for (let i = 0; i < addresses.length; i++) frames.set(lookupKey(addresses, i), UNKNOWN);
  }
  const { Symbolizer } = native();
  const symbolizer = new Symbolizer();
  try {
    for (const [pid, frames] of byProcess) {
      const keys = BigUint64Array.from(frames.keys(), (key) => key >> 1n);
      const symbols = await calling(() => symbolizer.symbolize(pid, keys));
      let i = 0;
      for (const key of frames.keys()) frames.set(key, frame(key, symbols, i++));
    }
  } finally {
    await symbolizer.close();
  }
  return stacks.map(({ pid, addresses }) => {
    const frames = byProcess.get(pid) as Map<bigint, Frame>;
    return Array.from(addresses, (_, i) => frames.get(lookupKey(addresses, i)) as Frame);
  });
}

const UNKNOWN: Frame = { address: 0n, name: null, module: null };

/** The address to look up, and in the lowest bit whether it stands one before the address sampled. */
function lookupKey(addresses: BigUint64Array, i: number): bigint {
  const address = addresses[i] as bigint;
  return i === 0 || address === 0n ? address << 1n : ((address - 1n) << 1n) | 1n;
}

function frame(key: bigint, symbols: Symbols, i: number): Frame {
  const name = symbols.symbol[i] as number;
  const module = symbols.module[i] as number;
  return {
    address: (key >> 1n) + (key & 1n),
    name: name ? (symbols.names[name - 1] as string) : null,
    module: module ? (symbols.modules[module - 1] as string) : null,
  };
}
