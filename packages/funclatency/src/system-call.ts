import { systemCalls, ToolError } from '@probekit/core';
import { withinLimit } from './limit.js';
import type { Pattern } from './pattern.js';

/** A system call that is traced, with its numbers in the calls of 64-bit and of 32-bit programs. */
export interface SystemCall {
  readonly name: string;
  readonly numbers: readonly { readonly number: number; readonly compat: boolean }[];
}

/** What kernels call their system calls, by architecture and kind of program. */
const PREFIX = /^(?:__(?<arch>x64|ia32|ia32_compat|arm64|arm64_compat|se|do)_)?sys_/;

/** Of what kernels call `sys_NAME`: kinds of programs that call it. */
function kindsOf(prefix: string | undefined): { native: boolean; compat: boolean } {
  if (prefix?.startsWith('ia32')) return { native: false, compat: true };
  return { native: true, compat: prefix === undefined || prefix === 'se' || prefix === 'do' };
}

/** Whether the pattern names system calls: `sys_read`, `__x64_sys_read`, `read`, or `sys_*`. */
export function namesSystemCalls({ functions, isExact }: Pattern): boolean {
  if (PREFIX.test(functions)) return true;
  return isExact && Object.hasOwn(systemCalls(), functions);
}

/** Those that the pattern names. Throws ToolError where there are none. */
export function findSystemCalls(pattern: Pattern, limit: number): readonly SystemCall[] {
  const [prefix = ''] = PREFIX.exec(pattern.functions) ?? [];
  const kinds = kindsOf(PREFIX.exec(pattern.functions)?.groups?.arch);
  const calls = new Map<string, { number: number; compat: boolean }[]>();
  for (const compat of [false, true]) {
    if (!(compat ? kinds.compat : kinds.native)) continue;
    for (const [name, number] of Object.entries(systemCalls(compat))) {
      if (!pattern.matches(prefix + name)) continue;
      calls.set(name, [...(calls.get(name) ?? []), { number, compat }]);
    }
  }
  const found = [...calls].map(([name, numbers]) => ({ name: `sys_${name}`, numbers }));
  return withinLimit(found, pattern, {
    limit,
    where: 'the system call table',
    names: () => Object.keys(systemCalls()).map((name) => prefix + name),
  });
}

/** The number by which a system call is continued that a signal interrupted. Throws ToolError where there is none. */
export function restartNumbers(): { restart_syscall: number; restart_syscall_compat: number } {
  const number = systemCalls().restart_syscall;
  if (number === undefined) throw new ToolError('this architecture has no restart_syscall', 3);
  return {
    restart_syscall: number,
    restart_syscall_compat: systemCalls(true).restart_syscall ?? number,
  };
}
