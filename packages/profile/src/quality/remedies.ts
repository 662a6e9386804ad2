import path from 'node:path';
import type { Frame, StackCount } from '@probekit/core';
import { verdict } from './goodness.js';
import type { Runtime } from './runtime.js';

/** All that a person is told to do about stacks. */
const TEXT = {
  javaFramePointers: 'add -XX:+PreserveFramePointer',
  javaOff: 'leave out --no-java, so that it is asked for the names of its methods',
  javaSilent: (reason: string) => `its methods have no names: ${reason}`,
  javaGone: 'its methods have no names: it exited before it could be asked',
  node: 'run it with --perf-basic-prof --interpreted-frames-native-stack',
  python: 'it takes both -X perf and a Python built with -fno-omit-frame-pointer',
  pythonOld: 'Python 3.12 and later, built with -fno-omit-frame-pointer, has -X perf',
  dotnet: 'set DOTNET_PerfMapEnabled=1 for it',
  compiler: 'have its compiler write /tmp/perf-PID.map, as node, Java and .NET can',
  gone: 'its code was gone before it could be read',
  symbols: (module: string) => `install the debug symbols of ${module}, or do not strip it`,
  framePointers: (module: string) => `build ${module} with -fno-omit-frame-pointer`,
  storage: 'raise --stack-storage-size',
  deep: (limit: number, most: number) =>
    limit < most
      ? `raise kernel.perf_event_max_stack above ${limit}`
      : `deeper than ${limit} frames, and no kernel walks more`,
};

/** PERF_MAX_STACK_DEPTH, as far as our own array reaches. */
const MOST_FRAMES = 127;

export interface Facts {
  readonly runtime: Runtime | undefined;
  /** --no-java. */
  readonly noJava: boolean;
  /** Frames that the kernel walks. */
  readonly limit: number;
}

/** A second remedy is told when it is for at least this share of the incomplete stacks. */
const WORTH_TELLING = 0.25;

/** What would make the stacks of one process better: for what most of them lack, first. null: nobody knows. */
export function remedy(entries: readonly StackCount[], facts: Facts): string | null {
  const counts = new Map<string, number>();
  let lacking = 0;
  for (const entry of entries) {
    const texts = remediesFor(entry, facts);
    if (texts === null) continue;
    lacking += entry.count;
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + entry.count);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, 2);
  const told = sorted.filter(([, count], i) => i === 0 || count >= WORTH_TELLING * lacking);
  return told.length > 0 ? told.map(([text]) => text).join('; ') : null;
}

/** Of one stack; null for one that is complete. */
function remediesFor(entry: StackCount, { runtime, noJava, limit }: Facts): string[] | null {
  const { user, kernel, truncated } = entry;
  const what = verdict(entry);
  if (what === 'complete') return null;
  if (user === 'missed' || kernel === 'missed') return [TEXT.storage];
  if (truncated) return [TEXT.deep(limit, MOST_FRAMES)];
  const frames = user ?? [];
  const texts: string[] = [];
  if (what === 'truncated') texts.push(...framePointers(frames, runtime));
  const nameless = frames.filter(({ name }) => name === null);
  const isJit = nameless.some(({ module }) => module === ANONYMOUS);
  if (isJit && (what === 'unresolved' || runtime?.kind !== 'python')) {
    texts.push(...compiled(runtime, noJava));
  }
  if (what === 'unresolved' && !isJit) texts.push(...stripped(nameless));
  return texts;
}

const ANONYMOUS = '[anon]';

/** The stack ends in the last frame that is in any module: what called it left no way back. */
function framePointers(frames: readonly Frame[], runtime: Runtime | undefined): string[] {
  const isJava = runtime?.kind === 'java';
  if (isJava && !/-XX:\+PreserveFramePointer/.test(runtime.jvm?.arguments ?? '')) {
    return [TEXT.javaFramePointers];
  }
  if (runtime?.kind === 'python') {
    return [(runtime.minor ?? 12) < 12 ? TEXT.pythonOld : TEXT.python];
  }
  const module = frames.findLast((frame) => frame.module !== null)?.module;
  return module && !isPseudo(module) ? [TEXT.framePointers(path.basename(module))] : [];
}

/** Names of code that was compiled at run time. */
function compiled(runtime: Runtime | undefined, noJava: boolean): string[] {
  switch (runtime?.kind) {
    case 'java':
      if (noJava) return [TEXT.javaOff];
      if (!runtime.jvm) return [TEXT.javaGone];
      return runtime.jvm.reason === undefined ? [] : [TEXT.javaSilent(runtime.jvm.reason)];
    case 'node':
      return [TEXT.node];
    case 'dotnet':
      return [TEXT.dotnet];
    case 'python':
      return [TEXT.python];
    default:
      return [TEXT.compiler];
  }
}

/** The outermost frame without a name decides. */
function stripped(nameless: readonly Frame[]): string[] {
  const frame = nameless.at(-1);
  // The kernel's own frames: symbolNotices() says why.
  if (!frame) return [];
  if (frame.module === null) return [TEXT.gone];
  return isPseudo(frame.module) ? [] : [TEXT.symbols(path.basename(frame.module))];
}

/** `[vdso]` and the like, which are no files. */
function isPseudo(module: string): boolean {
  return module.startsWith('[');
}
