import type { Feature } from './native.js';
import { effectiveCapabilities, kernelRelease, lockdown, sysctl } from './system.js';

/** What was refused, as far as it is known. */
export interface Refusal {
  /** errno's name. */
  readonly code: string;
  readonly feature?: Feature | undefined;
  /** Those that it needs wherever it works, without the `CAP_`. */
  readonly capabilities: readonly string[];
  /** It goes through perf_event_open. */
  readonly perf?: boolean;
}

/** Why the kernel refused and what would change its mind, from what this process has; undefined when nothing is known. */
export function hintFor(refusal: Refusal): string | undefined {
  const { code, feature } = refusal;
  if (code === 'EMFILE') return 'raise the limit with ulimit -n';
  if (feature && isLockedAway(feature)) return LOCKED_DOWN;
  if (feature && ABSENT.has(code)) return absent(feature, code);
  if (code !== 'EPERM' && code !== 'EACCES') return undefined;
  const missing = missingCapabilities(refusal);
  if (missing.length === 0) return refusedAnyway(refusal);
  const names = missing.map((name) => `CAP_${name}`).join(' and ');
  const grant = `grant ${missing.length > 1 ? 'them' : 'it'}`;
  if (missing[0] === 'SYS_ADMIN' && paranoid() > 2 && isPerf(refusal)) {
    return `needs ${names} while kernel.perf_event_paranoid is ${paranoid()}; run as root, or set it to 2`;
  }
  return `needs ${names}; run as root, or ${grant}`;
}

/** The capabilities, without the `CAP_`, for want of which it was refused; none where that is not the reason. */
export function missingCapabilities(refusal: Refusal): string[] {
  const { code, feature, capabilities } = refusal;
  if (code !== 'EPERM' && code !== 'EACCES') return [];
  const held = heldCapabilities();
  const lacking = (names: readonly string[]) => names.filter((name) => !held.has(name));
  const always = lacking(capabilities);
  if (always.length > 0) return always;
  if (feature === 'memlock') return lacking(['SYS_RESOURCE']);
  // tracefs is open to its owner alone.
  if (feature === 'tracepoint' && code === 'EACCES' && process.geteuid?.() !== 0) {
    const reading = lacking(['DAC_READ_SEARCH']);
    if (reading.length > 0) return reading;
  }
  // Above 2 Debian's kernels want it for every perf event; uprobes want it whatever the setting.
  if (feature === 'uprobe' || (isPerf(refusal) && paranoid() > 2)) return lacking(['SYS_ADMIN']);
  return [];
}

/** Effective capabilities, with those that CAP_SYS_ADMIN was split into and still grants. */
export function heldCapabilities(): Set<string> {
  const held = effectiveCapabilities();
  if (!held.has('SYS_ADMIN')) return held;
  return new Set([...held, 'BPF', 'PERFMON', 'CHECKPOINT_RESTORE']);
}

const PERF: ReadonlySet<Feature> = new Set([
  'perf_event',
  'cpu_cycles',
  'kprobe',
  'uprobe',
  'tracepoint',
]);

function isPerf({ feature, perf = false }: Refusal): boolean {
  return perf || (feature !== undefined && PERF.has(feature));
}

/** include/linux/security.h: LOCKDOWN_KPROBES, LOCKDOWN_BPF_READ_KERNEL, LOCKDOWN_TRACEFS. */
const LOCKABLE: ReadonlySet<Feature> = new Set(['kprobe', 'kernel_read', 'tracepoint']);

const LOCKED_DOWN = 'lockdown is confidentiality; start the kernel with lockdown=integrity or none';

/** Root is refused too, with another errno each. */
function isLockedAway(feature: Feature): boolean {
  return LOCKABLE.has(feature) && lockdown() === 'confidentiality' && isAdmin();
}

function isAdmin(): boolean {
  return effectiveCapabilities().has('SYS_ADMIN');
}

function paranoid(): number {
  return sysctl('kernel.perf_event_paranoid') ?? 0;
}

/** What a kernel needs in order to have a feature: to explain a refusal, never to foresee one. */
const ORIGIN: Partial<Record<Feature, { readonly since?: string; readonly config?: string }>> = {
  btf: { config: 'CONFIG_DEBUG_INFO_BTF' },
  tracing: { since: '5.5' },
  fentry: { since: '5.5', config: 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS' },
  fsession: { since: '7.0' },
  kprobe: { config: 'CONFIG_KPROBE_EVENTS' },
  kprobe_multi: { since: '5.18', config: 'CONFIG_FPROBE' },
  kprobe_session: { since: '6.10', config: 'CONFIG_FPROBE' },
  uprobe: { config: 'CONFIG_UPROBE_EVENTS' },
  uprobe_multi: { since: '6.6', config: 'CONFIG_UPROBE_EVENTS' },
  ring: { since: '5.8' },
  lsm: { since: '5.7', config: 'CONFIG_BPF_LSM' },
};

/** What kernels answer to what they do not know. */
const ABSENT = new Set([
  'EINVAL',
  'ENOENT',
  'ENODEV',
  'ENODATA',
  'ENOSYS',
  'ENOTSUPP',
  'EOPNOTSUPP',
  'ESRCH',
]);

function absent(feature: Feature, code: string): string | undefined {
  if (feature === 'btf')
    return 'this kernel has no BTF in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)';
  if (feature === 'cpu_cycles' && (code === 'ENOENT' || code === 'EOPNOTSUPP'))
    return 'this machine has no hardware counters';
  if (feature === 'tracepoint' && code === 'ENOENT')
    return 'tracefs is not mounted; mount -t tracefs tracefs /sys/kernel/tracing';
  if (feature === 'lsm' && code === 'EOPNOTSUPP')
    return 'bpf is not among the security modules; add it to lsm= on the kernel command line';
  const { since, config } = ORIGIN[feature] ?? {};
  if (since && olderThan(since)) return `needs kernel ${since}, and this is ${kernelRelease()}`;
  return config && `this kernel was built without ${config}`;
}

function olderThan(since: string): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number);
  const [ours = 0, ourMinor = 0] = kernelRelease().split('.').map(Number);
  return ours < major || (ours === major && ourMinor < minor);
}

function refusedAnyway({ feature, capabilities }: Refusal): string | undefined {
  if (!isAdmin()) {
    const names = capabilities.map((name) => `CAP_${name}`).join(' and ');
    return feature && `the kernel refuses it even with ${names}; try as root`;
  }
  const mode = lockdown();
  return `the kernel refuses it even to root; ${
    mode ? `lockdown is ${mode}` : 'mount securityfs to see the lockdown mode'
  }`;
}
