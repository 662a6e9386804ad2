import { ABSENT, absence } from './absence.js';
import type { Feature } from './native.js';
import { effectiveCapabilities, inUserNamespace, isFiltered, lockdown, sysctl } from './system.js';

/** What was refused, as far as it is known. */
export interface Refusal {
  /** errno's name. */
  readonly code: string;
  /** What was tried, or the kind of what was attached. */
  readonly feature?: Feature | undefined;
  /** Those that it needs wherever it works, without the `CAP_`. */
  readonly capabilities: readonly string[];
}

/** Why the kernel refused and what would change its mind, from what this process has; undefined when nothing is known. */
export function hintFor(refusal: Refusal): string | undefined {
  const { code, feature } = refusal;
  if (code === 'EMFILE') return 'raise the limit with ulimit -n';
  if (feature && isLockedAway(feature)) return LOCKED_DOWN;
  if (feature && ABSENT.has(code)) return absence(feature, code);
  if (code !== 'EPERM' && code !== 'EACCES') return undefined;
  const missing = missingCapabilities(refusal);
  if (missing.length === 0) return refusedAnyway(refusal);
  const names = missing.map((name) => `CAP_${name}`).join(' and ');
  if (inUserNamespace()) return `needs ${names} ${OUTSIDE}`;
  const grant = `grant ${missing.length > 1 ? 'them' : 'it'}`;
  // Uprobes want it whatever the setting.
  if (missing[0] === 'SYS_ADMIN' && paranoid() > 2 && isPerf(refusal) && feature !== 'uprobe') {
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

/**
 * Effective capabilities, with those that CAP_SYS_ADMIN was split into and still grants. None in a user namespace: those
 * of its root do not reach outside of it.
 */
export function heldCapabilities(): Set<string> {
  if (inUserNamespace()) return new Set();
  const held = effectiveCapabilities();
  if (!held.has('SYS_ADMIN')) return held;
  return new Set([...held, 'BPF', 'PERFMON', 'CHECKPOINT_RESTORE']);
}

/** Those that go through perf_event_open. */
const PERF: ReadonlySet<Feature> = new Set([
  'perf_event',
  'cpu_cycles',
  'kprobe',
  'uprobe',
  'tracepoint',
]);

function isPerf({ feature }: Refusal): boolean {
  return feature !== undefined && PERF.has(feature);
}

/** Of a rootless container, say. */
const OUTSIDE = 'outside of this user namespace; run as root of the host';

/** include/linux/security.h: LOCKDOWN_KPROBES, LOCKDOWN_BPF_READ_KERNEL, LOCKDOWN_TRACEFS. */
const LOCKABLE: ReadonlySet<Feature> = new Set(['kprobe', 'kernel_read', 'tracepoint']);

const LOCKED_DOWN = 'lockdown is confidentiality; start the kernel with lockdown=integrity or none';

/** Root is refused too, with another errno each. */
function isLockedAway(feature: Feature): boolean {
  return LOCKABLE.has(feature) && lockdown() === 'confidentiality' && isAdmin();
}

function isAdmin(): boolean {
  return heldCapabilities().has('SYS_ADMIN');
}

function paranoid(): number {
  return sysctl('kernel.perf_event_paranoid') ?? 0;
}

function refusedAnyway({ feature, capabilities }: Refusal): string | undefined {
  if (!isAdmin()) {
    const names = capabilities.map((name) => `CAP_${name}`).join(' and ');
    return feature && `the kernel refuses it even with ${names}; try as root`;
  }
  const perhaps = [
    ...(feature && LOCKABLE.has(feature) && lockdown() === undefined
      ? ['lockdown (mount securityfs to see)']
      : []),
    ...(isFiltered() ? ['seccomp'] : []),
    'a security module',
  ];
  return `refused even to root, perhaps by ${perhaps.join(' or ')}`;
}
