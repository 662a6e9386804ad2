import { readFileSync } from 'node:fs';
import type { Goodness, JvmAnswer, ProcessQuality, Quality, StackCount } from '@probekit/core';
import { goodness } from './goodness.js';
import { remedy } from './remedies.js';
import { runtimeOf } from './runtime.js';

/**
 * How good the stacks of a run are. A stack is complete when its root is a function that the kernel or a runtime starts
 * threads with and every frame has a name. What cannot be told from outside: a leaf that keeps no frame pointer hides
 * the function that called it, and the stack looks complete.
 */
export function qualityOf(
  entries: readonly StackCount[],
  { jvms, limit }: { jvms: ReadonlyMap<number, JvmAnswer> | undefined; limit: number },
): Quality {
  const byProcess = new Map<number, StackCount[]>();
  for (const entry of entries) {
    const own = byProcess.get(entry.pid);
    if (own) own.push(entry);
    else byProcess.set(entry.pid, [entry]);
  }
  const processes = [...byProcess].map(([pid, own]): ProcessQuality => {
    const runtime = runtimeOf(pid, own, jvms?.get(pid));
    const facts = { runtime, noJava: jvms === undefined, limit };
    return { pid, name: nameOf(pid, own), ...goodness(own), remedy: remedy(own, facts) };
  });
  const lacking = ({ samples, complete }: Goodness) => samples - complete;
  processes.sort((a, b) => lacking(b) - lacking(a) || b.samples - a.samples || a.pid - b.pid);
  return { type: 'quality', ...goodness(entries), processes };
}

/** Its own name, or that of the thread with the most samples where it has exited. */
function nameOf(pid: number, entries: readonly StackCount[]): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').slice(0, -1);
  } catch {
    return entries.reduce((most, entry) => (entry.count > most.count ? entry : most)).comm;
  }
}
