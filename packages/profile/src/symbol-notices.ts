import { effectiveCapabilities, type Stack, type StackCount, sysctl } from '@probekit/core';

/** Why kernel or user frames have no names, as far as a capability is the reason. */
export function symbolNotices(entries: readonly StackCount[]): string[] {
  const held = effectiveCapabilities();
  const notices: string[] = [];
  if (!held.has('SYSLOG') && entries.some(({ kernel }) => nameless(kernel))) {
    const restrict = sysctl('kernel.kptr_restrict');
    notices.push(
      `kernel frames have no names: needs CAP_SYSLOG (kernel.kptr_restrict is ${restrict})`,
    );
  }
  const hidden = new Set(entries.filter(({ user }) => nameless(user)).map(({ pid }) => pid));
  if (!held.has('SYS_PTRACE') && hidden.size > 0) {
    notices.push(
      `frames of ${hidden.size} processes have no names: those of other users need CAP_SYS_PTRACE`,
    );
  }
  return notices;
}

function nameless(stack: Stack): boolean {
  return Array.isArray(stack) && stack.length > 0 && stack.every(({ name }) => name === null);
}
