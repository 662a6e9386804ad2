import type { Goodness, Stack, StackCount } from '@probekit/core';
import { reachesStart } from './starts.js';

/** What is wrong with a stack, if anything is: one that is not all there says no more of its names. */
export function verdict({
  user,
  kernel,
  truncated,
}: StackCount): Exclude<keyof Goodness, 'samples'> {
  if (truncated || kernel === 'missed' || !reachesStart(user)) return 'truncated';
  return hasNameless(user) || hasNameless(kernel) ? 'unresolved' : 'complete';
}

export function goodness(entries: readonly StackCount[]): Goodness {
  const sum = { samples: 0, complete: 0, truncated: 0, unresolved: 0 };
  for (const entry of entries) {
    sum.samples += entry.count;
    sum[verdict(entry)] += entry.count;
  }
  return sum;
}

function hasNameless(stack: Stack): boolean {
  return Array.isArray(stack) && stack.some(({ name }) => name === null);
}
