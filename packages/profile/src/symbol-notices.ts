import { readlinkSync } from 'node:fs';
import { effectiveCapabilities, type Stack, type StackCount, sysctl } from '@probekit/core';

/** Why kernel or user frames have no names, as far as a setting or a capability is the reason. */
export function symbolNotices(entries: readonly StackCount[]): string[] {
  const notices: string[] = [];
  if (entries.some(({ kernel }) => nameless(kernel))) {
    if (sysctl('kernel.kptr_restrict') === HIDDEN_FROM_ALL)
      notices.push(
        'kernel frames have no names: kernel.kptr_restrict is 2, for root too; set it to 1',
      );
    else if (!effectiveCapabilities().has('SYSLOG'))
      notices.push('kernel frames have no names: needs CAP_SYSLOG');
  }
  const unnamed = new Set(entries.filter(({ user }) => nameless(user)).map(({ pid }) => pid));
  const hidden = [...unnamed].filter(isHidden).length;
  if (hidden > 0) {
    const processes = hidden === 1 ? '1 process' : `${hidden} processes`;
    notices.push(`frames of ${processes} have no names: those of other users need CAP_SYS_PTRACE`);
  }
  return notices;
}

const HIDDEN_FROM_ALL = 2;

function nameless(stack: Stack): boolean {
  return Array.isArray(stack) && stack.length > 0 && stack.every(({ name }) => name === null);
}

/** Whether the kernel keeps a process that is still there from us: the files that it maps are found through its root. */
function isHidden(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/root`);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}
