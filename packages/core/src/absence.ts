import type { Feature } from './native.js';
import { kernelRelease } from './system.js';

/** What kernels answer to what they do not know. */
export const ABSENT: ReadonlySet<string> = new Set([
  'EINVAL',
  'ENOENT',
  'ENODEV',
  'ENODATA',
  'ENOSYS',
  'ENOTSUPP',
  'EOPNOTSUPP',
  'ESRCH',
]);

interface Origin {
  readonly since?: string;
  readonly config?: string;
  /** What a kernel that was built without it answers, and no other. */
  readonly codes?: readonly string[];
}

/** What a kernel needs in order to have a feature: to explain a refusal, never to foresee one. */
const ORIGIN: Partial<Record<Feature, Origin>> = {
  tracing: { since: '5.5' },
  fentry: {
    since: '5.5',
    config: 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS',
    // register_ftrace_direct() of linux/ftrace.h without it.
    codes: ['ENOTSUPP', 'ENODEV', 'EOPNOTSUPP'],
  },
  fsession: { since: '7.0' },
  // The probe's own: there is no such kind of perf event.
  kprobe: { config: 'CONFIG_KPROBE_EVENTS', codes: ['ENODEV'] },
  uprobe: { config: 'CONFIG_UPROBE_EVENTS', codes: ['ENODEV'] },
  // bpf_kprobe_multi_link_attach() and bpf_uprobe_multi_link_attach() of linux/trace_events.h without it.
  kprobe_multi: { since: '5.18', config: 'CONFIG_FPROBE', codes: ['EOPNOTSUPP'] },
  kprobe_session: { since: '6.10', config: 'CONFIG_FPROBE', codes: ['EOPNOTSUPP'] },
  uprobe_multi: { since: '6.6', config: 'CONFIG_UPROBE_EVENTS', codes: ['EOPNOTSUPP'] },
  uprobe_session: { since: '6.13', config: 'CONFIG_UPROBE_EVENTS', codes: ['EOPNOTSUPP'] },
  ring: { since: '5.8' },
  // The probe's own: BTF has no hook for programs.
  lsm: { since: '5.7', config: 'CONFIG_BPF_LSM', codes: ['ENOENT'] },
};

/** Why this kernel does not have a feature, from the code of ABSENT that it gave; undefined where that is not known. */
export function absence(feature: Feature, code: string): string | undefined {
  // Of the features that need BTF the probe says so by this code.
  if (feature === 'btf' || code === 'ENODATA')
    return 'this kernel has no BTF in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)';
  if (feature === 'cpu_cycles' && (code === 'ENOENT' || code === 'EOPNOTSUPP'))
    return 'this machine has no hardware counters';
  if (feature === 'tracepoint' && code === 'ENOENT')
    return 'tracefs is not mounted; mount -t tracefs tracefs /sys/kernel/tracing';
  if (feature === 'lsm' && code === 'EOPNOTSUPP')
    return 'bpf is not among the security modules; add it to lsm= on the kernel command line';
  const { since, config, codes = [] } = ORIGIN[feature] ?? {};
  if (since && olderThan(since)) return `needs kernel ${since}, and this is ${kernelRelease()}`;
  if (!config) return undefined;
  if (codes.includes(code)) return `this kernel was built without ${config}`;
  // A name that is not there: the probe says which.
  return code === 'ENOENT' ? undefined : `this kernel was probably built without ${config}`;
}

function olderThan(since: string): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number);
  const [ours = 0, ourMinor = 0] = kernelRelease().split('.').map(Number);
  return ours < major || (ours === major && ourMinor < minor);
}
