import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { ToolError } from '@probekit/core';

interface Found {
  /** Of the sockets that listen. */
  readonly inodes: readonly number[];
  /** Processes whose files we may not see. */
  readonly unseen: number;
}

/**
 * The listeners that processes have open by now: those of `pid`, of a cgroup and those below it, or of those that are
 * in both. Throws ToolError where the files of a process that was named may not be read.
 */
export function scopeListeners(args: {
  readonly pid: readonly number[];
  readonly cgroup: string | undefined;
}): Found {
  const inGroup = args.cgroup === undefined ? undefined : new Set(processesBelow(args.cgroup));
  const pids =
    args.pid.length > 0
      ? args.pid.filter((pid) => inGroup?.has(pid) ?? true)
      : [...(inGroup ?? [])];
  const listening = new Map<string, ReadonlySet<number>>();
  const inodes = new Set<number>();
  let unseen = 0;
  for (const pid of pids) {
    try {
      const sockets = socketsOf(pid);
      if (sockets.length === 0) continue;
      const netns = readlinkSync(`/proc/${pid}/ns/net`);
      const listeners = listening.get(netns) ?? listenersOf(pid);
      listening.set(netns, listeners);
      for (const inode of sockets) if (listeners.has(inode)) inodes.add(inode);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EACCES' && code !== 'EPERM') continue; // It has ended.
      if (args.pid.length > 0) {
        throw new ToolError(
          `the files of process ${pid}, which tell its listeners, cannot be read; run as root, or grant CAP_SYS_PTRACE`,
          3,
        );
      }
      unseen++;
    }
  }
  return { inodes: [...inodes], unseen };
}

function socketsOf(pid: number): number[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((fd) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${directory}/${fd}`))?.[1];
      return inode === undefined ? [] : [Number(inode)];
    } catch {
      return []; // Closed meanwhile.
    }
  });
}

/** Of the network namespace that a process is in. */
function listenersOf(pid: number): ReadonlySet<number> {
  const tables = ['tcp', 'tcp6'].map((name) => {
    try {
      return readFileSync(`/proc/${pid}/net/${name}`, 'latin1');
    } catch {
      return ''; // No IPv6.
    }
  });
  return new Set(tables.flatMap(parseListeners));
}

const LISTEN = '0A';

/** The inodes of the sockets that listen, in /proc/net/tcp. */
export function parseListeners(table: string): number[] {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map((fields) => Number(fields[9]));
}

function processesBelow(directory: string): number[] {
  const own = lines(path.join(directory, 'cgroup.procs')).map(Number);
  const below = directoriesIn(directory).flatMap((name) =>
    processesBelow(path.join(directory, name)),
  );
  return [...own, ...below];
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').filter(Boolean);
  } catch {
    return []; // Removed meanwhile, or threaded: then its processes are listed above it.
  }
}

function directoriesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
