import { findKernelFunctions, type KernelFunction } from './kernel-function.js';
import { parsePattern } from './pattern.js';
import { findSystemCalls, namesSystemCalls, type SystemCall } from './system-call.js';
import { findUserFunctions, type UserFunctions } from './user-function.js';

/** What is traced, by kind. A function's number is its place in the list. */
export type Target =
  | { readonly kind: 'system'; readonly functions: readonly SystemCall[] }
  | { readonly kind: 'kernel'; readonly functions: readonly KernelFunction[] }
  | ({ readonly kind: 'user' } & UserFunctions);

export interface TargetArgs {
  readonly pattern: string | undefined;
  readonly regexp: boolean;
  readonly kprobes: boolean;
  readonly limit: number;
  readonly pid: readonly number[];
}

const known = new WeakMap<TargetArgs, Target>();

/**
 * What these options name, looked up once; undefined where they name nothing, as when a tool is judged without options.
 * Throws ToolError.
 */
export function targetOf(args: TargetArgs): Target | undefined {
  const { pattern } = args;
  if (pattern === undefined) return undefined;
  const found = known.get(args) ?? find(args, pattern);
  known.set(args, found);
  return found;
}

function find(args: TargetArgs, text: string): Target {
  const pattern = parsePattern(text, args.regexp);
  if (pattern.binary !== undefined) {
    return { kind: 'user', ...findUserFunctions(pattern, { pids: args.pid, limit: args.limit }) };
  }
  if (!args.kprobes && namesSystemCalls(pattern)) {
    return { kind: 'system', functions: findSystemCalls(pattern, args.limit) };
  }
  return { kind: 'kernel', functions: findKernelFunctions(pattern, args.limit) };
}
