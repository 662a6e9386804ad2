import { closeSync, openSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import { ToolError } from './errors.js';

/** CAP_* by bit number (include/uapi/linux/capability.h), those that tracing can need. */
const CAPABILITIES: Readonly<Record<number, string>> = {
  2: 'DAC_READ_SEARCH',
  19: 'SYS_PTRACE',
  21: 'SYS_ADMIN',
  24: 'SYS_RESOURCE',
  34: 'SYSLOG',
  38: 'PERFMON',
  39: 'BPF',
  40: 'CHECKPOINT_RESTORE',
};

/** Those of them without the `CAP_`, the ones that most plans need first. */
export const TRACING_CAPABILITIES: readonly string[] = [
  'BPF',
  'PERFMON',
  'SYS_ADMIN',
  'SYSLOG',
  'SYS_PTRACE',
  'DAC_READ_SEARCH',
  'SYS_RESOURCE',
  'CHECKPOINT_RESTORE',
];

/** Inodes of initial namespaces, PROC_PID_INIT_INO and PROC_USER_INIT_INO of include/linux/proc_ns.h. */
const INITIAL_PIDNS = 0xeffffffc;
const INITIAL_USERNS = 0xeffffffd;

export function kernelRelease(): string {
  return release();
}

/** Effective capabilities of this process, without the `CAP_`. */
export function effectiveCapabilities(): Set<string> {
  const mask = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(read('/proc/self/status') ?? '')?.[1] ?? '0'}`);
  const names = Object.entries(CAPABILITIES).filter(([bit]) => (mask >> BigInt(bit)) & 1n);
  return new Set(names.map(([, name]) => name));
}

/**
 * Whether this process is in a user namespace of its own, as in a rootless container: the kernel asks for the
 * capabilities of tracing in the initial one alone (bpf_capable() and perfmon_capable() of linux/capability.h).
 */
export function inUserNamespace(): boolean {
  const inode = userNamespace();
  return inode !== undefined && inode !== INITIAL_USERNS;
}

/** Whether a seccomp filter judges what this process asks of the kernel. */
export function isFiltered(): boolean {
  return /^Seccomp:\s*2$/m.test(read('/proc/self/status') ?? '');
}

/** A number under /proc/sys; undefined where this kernel has none. */
export function sysctl(name: string): number | undefined {
  const text = read(`/proc/sys/${name.replaceAll('.', '/')}`);
  return text === undefined ? undefined : Number(text);
}

/** The kernel's lockdown mode; undefined where it has none or securityfs is not mounted. */
export function lockdown(): string | undefined {
  return /\[(\w+)\]/.exec(read('/sys/kernel/security/lockdown') ?? '')?.[1];
}

/** Bytes that this process may lock in memory, Infinity without a limit. */
export function lockedMemoryLimit(): number {
  const soft = /^Max locked memory +(\w+)/m.exec(read('/proc/self/limits') ?? '')?.[1];
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/** Whether this process may see addresses of kernel functions. */
export function seesKernelSymbols(): boolean {
  try {
    const file = openSync('/proc/kallsyms', 'r');
    try {
      const start = Buffer.alloc(1 << 16);
      const length = readSync(file, start);
      // Per-CPU variables come first on some kernels, and lie at zero.
      return /^0*[1-9a-f]/m.test(start.toString('latin1', 0, length));
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/** CPUs that are online now, by number. Throws ToolError where that cannot be read. */
export function onlineCpus(): number[] {
  return parseCpuList(demand('/sys/devices/system/cpu/online'));
}

/** CPUs that could ever come online: per-CPU maps have a value for each. */
export function possibleCpus(): number[] {
  return parseCpuList(demand('/sys/devices/system/cpu/possible'));
}

/** Seconds that each CPU has been idle, waiting for I/O included, by number; exact to 10 ms (proc_stat(5)). Throws ToolError. */
export function idleSeconds(): Map<number, number> {
  const lines = demand('/proc/stat').matchAll(/^cpu(\d+) \d+ \d+ \d+ (\d+) (\d+)/gm);
  return new Map(
    Array.from(lines, ([, cpu, idle, iowait]) => [
      Number(cpu),
      (Number(idle) + Number(iowait)) / 100,
    ]),
  );
}

/** `0-3,8` as [0, 1, 2, 3, 8]. */
export function parseCpuList(list: string): number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

/** Inode of this process's PID namespace, 0 for the initial one: what scope.bpf.h takes. */
export function pidNamespace(): number {
  const inode = Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]);
  return inode === INITIAL_PIDNS ? 0 : inode;
}

/** Undefined: this kernel has no such namespaces. */
function userNamespace(): number | undefined {
  try {
    return Number(/\d+/.exec(readlinkSync('/proc/self/ns/user'))?.[0]);
  } catch {
    return undefined;
  }
}

/** A number of 64 bits that nobody can foresee, from the kernel: node:crypto would take 2 ms of a start to load. */
export function randomU64(): bigint {
  const bytes = Buffer.alloc(8);
  const source = openSync('/dev/urandom', 'r');
  try {
    readSync(source, bytes);
  } finally {
    closeSync(source);
  }
  return bytes.readBigUInt64LE();
}

/** Throws when there is no such process, or the number is a thread's. */
export function requireProcess(pid: number): void {
  const status = read(`/proc/${pid}/status`);
  if (status === undefined) throw new ToolError(`no process ${pid}; ps -e lists those that run`);
  const tgid = Number(/^Tgid:\s*(\d+)/m.exec(status)?.[1]);
  if (tgid !== pid) throw new ToolError(`${pid} is a thread of process ${tgid}: use ${tgid}`);
}

/** The kernel's id of a cgroup v2 directory: its inode. Throws ToolError when it is none. */
export function cgroupId(directory: string): bigint {
  const points = (read('/proc/self/mountinfo') ?? '')
    .split('\n')
    .filter((line) => / - cgroup2 /.test(line))
    .map((line) => line.split(' ')[4] ?? '');
  const absolute = path.resolve(directory);
  const point = points.find((mounted) => {
    return absolute === mounted || absolute.startsWith(`${mounted.replace(/\/$/, '')}/`);
  });
  if (point === undefined) {
    const where = points[0] ? `; they are under ${points[0]}` : ', and none is mounted';
    throw new ToolError(
      `"${directory}" is not in a cgroup v2 hierarchy${where}`,
      points[0] ? 1 : 3,
    );
  }
  const stat = statSync(absolute, { bigint: true, throwIfNoEntry: false });
  if (!stat?.isDirectory()) throw new ToolError(`no cgroup "${directory}" under ${point}`);
  return stat.ino;
}

/** For what a figure depends on: a guess in its place would be a wrong number. */
function demand(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ToolError(`cannot read ${file}: ${(cause as NodeJS.ErrnoException).code}`, 1, {
      cause,
    });
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
