import type { Skeleton } from '../layout.js';
import type { TypedMap } from '../map.js';
import type { LoadOptions, TypedObject } from '../object.js';
import { cgroupId, pidNamespace, requireProcess } from '../system.js';

/** The options of scope.bpf.h's tools, where a tool declares them. */
export interface ScopeArgs {
  readonly pid?: readonly number[];
  readonly cgroup?: string | undefined;
}

/**
 * What `open` adds to a tool's own settings when its object includes scope.bpf.h.
 * Throws ToolError when a process or cgroup that was named isn't there.
 */
export function scopeOptions<S extends Skeleton>(skeleton: S, args: ScopeArgs): LoadOptions<S> {
  if (!skeleton.rodata.scope_by_pid) return {};
  const { pid = [] } = args;
  pid.forEach(requireProcess);
  const rodata = {
    scope_by_pid: pid.length > 0,
    scope_pidns: pidNamespace(),
    scope_cgroup_id: args.cgroup === undefined ? 0n : cgroupId(args.cgroup),
  };
  const maxEntries = scopeEntries(skeleton, args);
  return { rodata, maxEntries } as unknown as LoadOptions<S>;
}

/** How large the set of processes is to be, where the object has one. */
export function scopeEntries(
  skeleton: Skeleton,
  { pid = [] }: ScopeArgs,
): Readonly<Record<string, number>> {
  return skeleton.rodata.scope_by_pid ? { scope_pids: Math.max(1, pid.length) } : {};
}

/** Fills the set of processes; to be called before anything is attached. */
export function fillScope<S extends Skeleton>(
  object: TypedObject<S>,
  { pid = [] }: ScopeArgs,
): void {
  const pids = object.maps.scope_pids as TypedMap<number, number> | undefined;
  for (const id of pid) pids?.set(id, 1);
}
