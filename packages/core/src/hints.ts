import { effectiveCapabilities, sysctl } from './system.js';

/** What the add-on can probe on the running kernel. */
export type Feature =
  | 'bpf'
  | 'btf'
  | 'tracing'
  | 'fentry'
  | 'kprobe'
  | 'kprobe_multi'
  | 'uprobe_multi'
  | 'raw_tracepoint'
  | 'perf_event'
  | 'cpu_cycles'
  | 'ring';

/** Why the kernel refused and what would change its mind, from what this process has; undefined when nothing is known. */
export function hintFor(
  code: string,
  { feature, capabilities = [] }: { feature?: Feature; capabilities?: readonly string[] },
): string | undefined {
  if (feature === 'btf')
    return 'this kernel has no BTF in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)';
  if (feature === 'cpu_cycles' && (code === 'ENOENT' || code === 'EOPNOTSUPP')) {
    return 'this machine has no hardware counters';
  }
  if (code === 'EMFILE') return 'raise the limit with ulimit -n';
  if (code !== 'EPERM' && code !== 'EACCES') return undefined;

  const held = effectiveCapabilities();
  const admin = held.has('SYS_ADMIN');
  const missing = capabilities.filter((name) => !held.has(name) && !(admin && OF_ADMIN.has(name)));
  if (missing.length > 0) {
    return `needs ${missing.map((name) => `CAP_${name}`).join(' and ')}; run as root, or grant ${missing.length > 1 ? 'them' : 'it'}`;
  }
  if (admin) return lockedDown();
  const paranoid = sysctl('kernel.perf_event_paranoid') ?? 0;
  if (capabilities.includes('PERFMON') && paranoid > 2) {
    return `needs CAP_SYS_ADMIN while kernel.perf_event_paranoid is ${paranoid}; run as root, or set it to 2`;
  }
  return undefined;
}

/** What CAP_SYS_ADMIN was split into, and still grants. */
const OF_ADMIN = new Set(['BPF', 'PERFMON', 'CHECKPOINT_RESTORE']);

function lockedDown(): string {
  return 'the kernel refuses it even to root: see /sys/kernel/security/lockdown';
}
