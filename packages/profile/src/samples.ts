import {
  type RawStack,
  type StackCount,
  symbolizeStacks,
  sysctl,
  type TypedObject,
} from '@probekit/core';
import type { Containers } from './container.js';
import type { skeleton } from './profile.gen.js';
import { symbolNotices } from './symbol-notices.js';

/** struct stack's array, PERF_MAX_STACK_DEPTH. */
const MAX_FRAMES = 127;

/** The hashes of profile.bpf.c that stand for no stack. */
const NO_STACK = 0n;
const MISSED_STACK = 1n;
const KERNEL = 0;

/** How many frames the kernel walks at most: a stack as deep as this may lack its root. */
export function frameLimit(): number {
  return Math.min(MAX_FRAMES, sysctl('kernel.perf_event_max_stack') ?? MAX_FRAMES);
}

/**
 * The counted stacks with their symbols, the rarest first. To be called when detached: it empties the maps.
 * `notices` say what could not be named, and what would change that.
 */
export async function readSamples(
  object: TypedObject<typeof skeleton>,
  limit: number,
  containers?: Containers,
): Promise<{ entries: StackCount[]; notices: string[] }> {
  const samples = await object.maps.samples.drain();
  const frames = new Map<bigint, BigUint64Array>();
  for (const [hash, stack] of await object.maps.stacks.drain()) {
    frames.set(hash, stack.frames.subarray(0, stack.depth));
  }
  const raw = new Map<string, RawStack>();
  for (const [{ pid, userStack, kernelStack }] of samples) {
    collect(raw, frames, pid, userStack);
    collect(raw, frames, KERNEL, kernelStack);
  }
  const named = await symbolizeStacks([...raw.values()]);
  const stacks = new Map([...raw.keys()].map((id, i) => [id, named[i]]));

  const find = (pid: number, hash: bigint) => {
    if (hash === NO_STACK) return null;
    return (hash !== MISSED_STACK && stacks.get(key(pid, hash))) || ('missed' as const);
  };
  const entries = samples.map(([{ pid, tid, comm, cgroup, userStack, kernelStack }, count]) => ({
    ...inContainer(containers?.name(pid, cgroup)),
    pid,
    tid,
    comm,
    user: find(pid, userStack),
    kernel: find(KERNEL, kernelStack),
    truncated: [userStack, kernelStack].some((hash) => (frames.get(hash)?.length ?? 0) >= limit),
    count,
  }));
  entries.sort((a, b) => a.count - b.count);
  return { entries, notices: symbolNotices(entries) };
}

function inContainer(container: string | undefined): Pick<StackCount, 'container'> {
  return container === undefined ? {} : { container };
}

function collect(
  raw: Map<string, RawStack>,
  frames: ReadonlyMap<bigint, BigUint64Array>,
  pid: number,
  hash: bigint,
): void {
  const addresses = frames.get(hash);
  if (addresses) raw.set(key(pid, hash), { pid, addresses });
}

function key(pid: number, hash: bigint): string {
  return `${pid} ${hash}`;
}
