import { readlinkSync } from 'node:fs';
import path from 'node:path';
import type { JvmAnswer, StackCount } from '@probekit/core';

/** What runs a process's code, where that is not the processor alone. */
export type Runtime =
  | { readonly kind: 'java'; readonly jvm?: JvmAnswer | undefined }
  | { readonly kind: 'node' }
  | { readonly kind: 'python'; readonly minor: number | undefined }
  | { readonly kind: 'dotnet' };

/** Told by the files that its stacks go through and by its program, which is known while it runs. */
export function runtimeOf(
  pid: number,
  entries: readonly StackCount[],
  jvm: JvmAnswer | undefined,
): Runtime | undefined {
  if (jvm) return { kind: 'java', jvm };
  const names = new Set(fileNames(pid, entries));
  const has = (pattern: RegExp) => [...names].find((name) => pattern.test(name));
  if (has(/^(libjvm\.so|java)$/)) return { kind: 'java' };
  if (has(/^(node|nodejs|libnode\.so.*)$/)) return { kind: 'node' };
  if (has(/^(libcoreclr\.so|dotnet)$/)) return { kind: 'dotnet' };
  const python = has(/^(lib)?python3?(\.\d+)?(\.so.*)?$/);
  if (!python) return undefined;
  const minor = /python3\.(\d+)/.exec(has(/python3\.\d/) ?? '')?.[1];
  return { kind: 'python', minor: minor === undefined ? undefined : Number(minor) };
}

function* fileNames(pid: number, entries: readonly StackCount[]): Generator<string> {
  try {
    yield path.basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    // It has exited, or is not ours to see.
  }
  for (const { user } of entries) {
    if (!Array.isArray(user)) continue;
    for (const { module } of user) if (module) yield path.basename(module);
  }
}
