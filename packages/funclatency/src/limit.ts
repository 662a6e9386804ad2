import { nearestNames, ToolError } from '@probekit/core';
import type { Pattern } from './pattern.js';

/** Throws ToolError for a pattern that matches nothing, with the nearest names, or too much. */
export function withinLimit<T>(
  found: readonly T[],
  { functions: wanted, isExact }: Pattern,
  { limit, where, names }: { limit: number; where: string; names: () => Iterable<string> },
): readonly T[] {
  if (found.length > limit) {
    throw new ToolError(
      `"${wanted}" matches ${found.length} functions of ${where}, more than ${limit}; narrow it, or raise --limit`,
    );
  }
  if (found.length > 0) return found;
  if (!isExact) throw new ToolError(`no function of ${where} matches "${wanted}"`);
  const near = nearestNames(wanted, names());
  const like = near.length > 0 ? `; there are ${near.join(', ')}` : '';
  throw new ToolError(`${where} has no function "${wanted}": absent or inlined${like}`);
}
