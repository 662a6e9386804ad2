import { statSync } from 'node:fs';
import { type ElfFunctions, elfFunctions, ToolError } from '@probekit/core';
import { afterLandingPads } from './landing-pad.js';
import { type Binary, findBinary } from './library.js';
import { withinLimit } from './limit.js';
import { keepsReturn, neverReturns } from './no-return.js';
import type { Pattern } from './pattern.js';

export interface UserFunction {
  readonly name: string;
  /** In the file, where a probe of it goes: where it begins, or after its landing pad. */
  readonly place: bigint;
  /** Its probes cost more than those of others. */
  readonly isStepped: boolean;
}

export interface UserFunctions {
  readonly binary: Binary;
  /** An exception or a panic may pass through its functions. */
  readonly unwinds: boolean;
  readonly functions: readonly UserFunction[];
}

/**
 * Those that the pattern names, each offset once. Throws ToolError, with the reason and the way out, for programs and
 * functions whose returns cannot be probed.
 */
export function findUserFunctions(
  pattern: Pattern,
  { pids, limit }: { pids: readonly number[]; limit: number },
): UserFunctions {
  const binary = binaryOf(pattern.binary ?? '', pids);
  const table = elfFunctions(binary.inside, binary.root);
  if (!table.native) {
    const kind = table.bits === 32 ? '32-bit programs' : 'programs of another architecture';
    throw new ToolError(`${binary.path} is for ${kind}, which cannot be probed`, 3);
  }
  if (table.go) {
    throw new ToolError(
      `${binary.path} is a Go program: its runtime moves stacks, and a return probe would crash it; trace its system calls`,
      3,
    );
  }
  const refusals = refusalsOf(table);
  const found = new Map<bigint, string>();
  for (const [i, name] of table.names.entries()) {
    if (!pattern.matches(name)) continue;
    const offset = table.offsets[i] ?? 0n;
    const refusal = refusals.get(offset);
    if (refusal && pattern.isExact) throw new ToolError(`${name} of ${binary.path} ${refusal}`);
    const known = found.get(offset);
    if (!refusal && (!known || isPlainer(name, known))) found.set(offset, name);
  }
  const functions = withinLimit([...found], pattern, {
    limit,
    where: binary.path,
    names: () => table.names,
  });
  const offsets = functions.map(([offset]) => offset);
  const places = afterLandingPads(binary.real, offsets, table.offsets);
  return {
    binary,
    unwinds: table.unwinds,
    functions: functions.map(([place, name], i) => {
      const { offset, isStepped } = places[i] ?? { offset: place, isStepped: false };
      return { name, place: offset, isStepped };
    }),
  };
}

/** Of two names of one function, as malloc and __GI___libc_malloc, the one that people know. */
function isPlainer(name: string, than: string): boolean {
  const underscores = (text: string) => text.length - text.replace(/^_+/, '').length;
  const less = underscores(name) - underscores(than);
  return less < 0 || (less === 0 && name.length < than.length);
}

/** The one that all of the processes have. */
function binaryOf(name: string, [first, ...others]: readonly number[]): Binary {
  const binary = findBinary(name, first);
  for (const pid of others) {
    const other = findBinary(name, pid);
    if (identity(other) !== identity(binary)) {
      throw new ToolError(
        `processes ${first} and ${pid} have different files: ${binary.path}, ${other.path}; trace one at a time`,
      );
    }
  }
  return binary;
}

function identity({ real }: Binary): string | undefined {
  const found = statSync(real, { throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino}`;
}

/** By place: what __sigsetjmp must not, none of its other names may, as __GI___sigsetjmp of the debug symbols. */
function refusalsOf({ names, offsets, indirect }: ElfFunctions): ReadonlyMap<bigint, string> {
  const refusals = new Map<bigint, string>();
  for (const [i, name] of names.entries()) {
    const refusal = refusalOf(name, indirect[i] === 1);
    if (refusal) refusals.set(offsets[i] ?? 0n, refusal);
  }
  return refusals;
}

function refusalOf(name: string, isIndirect: boolean): string | undefined {
  if (isIndirect) {
    return `is an IFUNC: a probe would see the loader choose, and no call; with debug symbols, trace what it chooses: '__${name}_*'`;
  }
  if (keepsReturn(name)) {
    return 'keeps its return address: a return probe would crash who calls it';
  }
  return neverReturns(name, 'user') ? 'never returns: it has no latency' : undefined;
}
