import { existsSync } from 'node:fs';
import { onlineCpus, ToolError } from '@probekit/core';

/** The CPUs to sample: those asked for, or all. Throws ToolError for one that is not online. */
export function sampledCpus(asked: readonly number[]): readonly number[] {
  const online = onlineCpus();
  const absent = asked.find((cpu) => !online.includes(cpu));
  if (absent !== undefined) {
    throw new ToolError(`no CPU ${absent}; online are ${online.join(', ')}`);
  }
  return asked.length > 0 ? [...new Set(asked)].sort((a, b) => a - b) : online;
}

/** Throws ToolError when there is no such thread. */
export function requireThread(tid: number): void {
  if (!existsSync(`/proc/${tid}/status`)) {
    throw new ToolError(`no thread ${tid}; ps -eL lists those that run`);
  }
}

export interface Scope {
  readonly pid: readonly number[];
  readonly tid: readonly number[];
  readonly cpu: readonly number[];
  readonly cgroup?: string | undefined;
}

/** Whose stacks are sampled, for a person: `pid 812`, `all threads on CPU 0`. */
export function scopeText({ pid, tid, cpu, cgroup }: Scope): string {
  const whose =
    pid.length > 0
      ? `pid ${pid.join(', ')}`
      : tid.length > 0
        ? `tid ${tid.join(', ')}`
        : 'all threads';
  const where = cgroup === undefined ? '' : ` in cgroup ${cgroup}`;
  return `${whose}${where}${cpu.length > 0 ? ` on CPU ${cpu.join(', ')}` : ''}`;
}
