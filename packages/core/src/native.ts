import { createRequire } from 'node:module';
import type * as Native from '@probekit/native';
import { BpfError, type BpfErrorFields, ToolError } from './errors.js';

/** The one place that loads the add-on, and only once something needs the kernel: `--help` never does. */
let loaded: typeof Native | undefined;

export function native(): typeof Native {
  if (loaded) return loaded;
  if (process.platform !== 'linux') {
    throw new ToolError(`eBPF needs Linux, and this is ${process.platform}`, 3);
  }
  try {
    // From where core is, which alone depends on it: this code also stands in the bundle of each command.
    const require = createRequire(createRequire(import.meta.url).resolve('@probekit/core'));
    loaded = require('@probekit/native') as typeof Native;
  } catch (cause) {
    throw new ToolError(firstLine(cause), 1, { cause });
  }
  return loaded;
}

/** The add-on's errors carry one JSON object as their message; anything else passes unchanged. */
export function nativeError(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith('{')) return error;
  return new BpfError(JSON.parse(error.message) as BpfErrorFields, { cause: error });
}

/** Calls into the add-on, with its errors as BpfError. */
export async function calling<T>(call: () => Promise<T> | T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw nativeError(error);
  }
}

export function callingSync<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw nativeError(error);
  }
}

/**
 * Resolves once every program that was running when this was called has returned (an RCU grace period), so that
 * what they counted can be read.
 */
export async function waitForPrograms(): Promise<void> {
  await calling(() => native().synchronize());
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] as string;
}

export type {
  AttachTarget,
  BpfMap as NativeMap,
  BpfObject as NativeObject,
  ElfFunctions,
  Entries,
  Feature,
  Flamegraph as NativeFlamegraph,
  FlamegraphOptions,
  JvmAnswer,
  KernelFunctions,
  Link,
  LinkInfo,
  ProgramInfo,
  Ring as NativeRing,
  StackCounts,
  Symbolizer as NativeSymbolizer,
  Symbols,
} from '@probekit/native';
