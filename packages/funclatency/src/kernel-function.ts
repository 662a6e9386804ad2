import { hasKernelType, kernelFunctions, nearestNames, ToolError } from '@probekit/core';
import { withinLimit } from './limit.js';
import { neverReturns } from './no-return.js';
import type { Pattern } from './pattern.js';

export interface KernelFunction {
  readonly name: string;
  /** Empty: the kernel itself. */
  readonly module: string;
  /** 0: hidden from this process. */
  readonly address: bigint;
  /** There is another one of that name. */
  readonly isAmbiguous: boolean;
}

/** What can be asked of a system call by kprobes, where its plain name is no function. */
const SYSTEM_CALLS = ['__x64_sys_', '__arm64_sys_', '__se_sys_'];

/**
 * Those that the pattern names and that can be traced, each address once. Throws ToolError where there are none, saying
 * which of the reasons it is: absent, not traceable, never returning.
 */
export function findKernelFunctions(pattern: Pattern, limit: number): readonly KernelFunction[] {
  const table = kernelFunctions();
  const { names, traceable } = table;
  const wanted = [pattern.functions, ...spelled(pattern)];
  const found: KernelFunction[] = [];
  const refused: string[] = [];
  const seen = new Set<string>();
  const count = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    if (pattern.isExact ? !wanted.includes(name) : !pattern.matches(name)) continue;
    const address = table.addresses[i] ?? 0n;
    const id = address === 0n ? `${name} ${table.modules[i]}` : String(address);
    if (seen.has(id)) continue;
    seen.add(id);
    if (neverReturns(name, 'kernel')) {
      if (pattern.isExact) throw new ToolError(`${name} never returns: it has no latency`);
    } else if (traceable && traceable[i] === 0) {
      refused.push(name);
    } else {
      count.set(name, (count.get(name) ?? 0) + 1);
      found.push({ name, module: table.modules[i] ?? '', address, isAmbiguous: false });
    }
  }
  if (found.length === 0 && refused.length > 0) {
    const isKnown = (_: string, i: number) => !traceable || traceable[i] === 1;
    const near = nearestNames(pattern.functions, names.filter(isKnown));
    const like = near.length > 0 ? `; these can: ${near.join(', ')}` : '';
    throw new ToolError(`the kernel's ${refused[0]} cannot be traced${like}`);
  }
  const kept = found.map((one) => ({ ...one, isAmbiguous: (count.get(one.name) ?? 0) > 1 }));
  return withinLimit(kept, pattern, { limit, where: 'the kernel', names: () => names });
}

function spelled({ functions }: Pattern): string[] {
  const [, call] = /^(?:sys_)?(\w+)$/.exec(functions) ?? [];
  return call === undefined ? [] : SYSTEM_CALLS.map((prefix) => prefix + call);
}

/** Why fentry cannot trace them; undefined: it can. */
export function fentryRefusal(
  functions: readonly KernelFunction[],
  most: number,
): string | undefined {
  if (functions.length > most) return `${functions.length} functions are more than ${most}`;
  for (const { name, module, isAmbiguous } of functions) {
    if (module) return `${name} is in module ${module}`;
    if (isAmbiguous) return `there is more than one ${name}`;
    if (!hasKernelType(name)) return `this kernel's BTF has no function ${name}`;
  }
  return undefined;
}
