import {
  type Frame,
  type Quality,
  type RawStack,
  type StackCount,
  type Symbolizer,
  symbolizeStacks,
  sysctl,
  type TypedObject,
  weight,
} from '@probekit/core';
import type { Containers } from './container.js';
import type { Images } from './images.js';
import type { JavaNames } from './java.js';
import { fromScheduler, readWaits } from './off-cpu.js';
import type { SampleKey, skeleton } from './profile.gen.js';
import { qualityOf } from './quality/quality.js';
import { sinceStart } from './quality/starts.js';
import { symbolNotices } from './symbol-notices.js';

/** struct stack's array, PERF_MAX_STACK_DEPTH. */
const MAX_FRAMES = 127;

/** The hashes of sample.bpf.h that stand for no stack. */
const NO_STACK = 0n;
const MISSED_STACK = 1n;
const KERNEL = 0;

/** How many frames the kernel walks at most: a stack as deep as this may lack its root. */
export function frameLimit(): number {
  return Math.min(MAX_FRAMES, sysctl('kernel.perf_event_max_stack') ?? MAX_FRAMES);
}

/** What stacks are named with. */
export interface Naming {
  /** frameLimit(), as it was during the run. */
  readonly limit: number;
  readonly symbolizer: Symbolizer;
  readonly java: JavaNames;
  readonly images: Images;
  readonly containers: Containers | undefined;
  readonly offCpu: boolean;
}

export interface Samples {
  /** The rarest first. */
  readonly entries: StackCount[];
  readonly quality: Quality;
  /** What could not be named, and what would change that. */
  readonly notices: string[];
  /** Samples of programs that had ended before it could be read what they map. */
  readonly gone: number;
}

/** The counted stacks with their symbols. To be called when detached: it empties the maps. */
export async function readSamples(
  object: TypedObject<typeof skeleton>,
  { limit, symbolizer, java, images, containers, offCpu }: Naming,
): Promise<Samples> {
  const samples = offCpu ? await readWaits(object) : await readCounts(object);
  const jvms = await java.end([...new Set(samples.map(([{ pid }]) => pid))]);
  const frames = new Map<bigint, BigUint64Array>();
  for (const [hash, stack] of await object.maps.stacks.drain()) {
    frames.set(hash, stack.frames.subarray(0, stack.depth));
  }
  const raw = new Map<string, RawStack>();
  for (const [sample] of samples) {
    for (const { hash, pid, image } of [userStack(sample), kernelStack(sample)]) {
      const addresses = frames.get(hash);
      if (addresses) raw.set(key(image, hash), { pid, addresses, ...(image ? { image } : {}) });
    }
  }
  const named = await symbolizeStacks([...raw.values()], symbolizer);
  const stacks = new Map([...raw].map(([id, { image }], i) => [id, whole(image, named[i] ?? [])]));

  const find = ({ image, hash }: StackOf) => {
    if (hash === NO_STACK) return null;
    return (hash !== MISSED_STACK && stacks.get(key(image, hash))) || ('missed' as const);
  };
  let gone = 0;
  const entries = samples.map(([sample, counted]): StackCount => {
    const of = [userStack(sample), kernelStack(sample)] as const;
    if (frames.has(sample.userStack) && isGone(images, sample.image)) gone += counted.count;
    const container = containers?.name(sample.pid, sample.cgroup);
    return {
      ...(container === undefined ? {} : { container }),
      pid: sample.pid,
      tid: sample.tid,
      comm: sample.comm,
      user: find(of[0]),
      kernel: offCpu ? fromScheduler(find(of[1])) : find(of[1]),
      truncated: of.some(({ hash }) => (frames.get(hash)?.length ?? 0) >= limit),
      ...counted,
    };
  });
  entries.sort((a, b) => weight(a) - weight(b));
  const quality = qualityOf(entries, { jvms, limit });
  return { entries, quality, notices: symbolNotices(entries), gone };
}

async function readCounts(
  object: TypedObject<typeof skeleton>,
): Promise<[SampleKey, { count: number }][]> {
  const samples = await object.maps.samples.drain();
  return samples.map(([key, count]) => [key, { count }]);
}

/** Without what lies beyond the beginning of a user stack. */
function whole(image: bigint | undefined, frames: readonly Frame[]): readonly Frame[] {
  return image === undefined ? frames : sinceStart(frames);
}

interface StackOf {
  readonly hash: bigint;
  readonly pid: number;
  /** 0: the kernel's. */
  readonly image: bigint;
}

function userStack({ userStack: hash, pid, image }: SampleKey): StackOf {
  return { hash, pid, image };
}

function kernelStack({ kernelStack: hash }: SampleKey): StackOf {
  return { hash, pid: KERNEL, image: 0n };
}

function isGone(images: Images, image: bigint): boolean {
  const held = images.get(image) ?? 'gone';
  return held === 'gone' || held === 'full';
}

function key(image: bigint, hash: bigint): string {
  return `${image} ${hash}`;
}
