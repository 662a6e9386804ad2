import {
  heldCapabilities,
  hintFor,
  type Missing,
  missing,
  overheadRefusal,
  seesKernelSymbols,
  sysctl,
} from '@probekit/core';

/** Something that tools build on, as this process finds it on this kernel. */
export interface Fact {
  /** For programs: lower case, stable. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** Why it is not there, and what would bring it; undefined: it is there. */
  readonly missing?: Omit<Missing, 'need'>;
  /** What cannot be done where it is missing. */
  readonly limits: string;
}

interface Question {
  readonly name: string;
  readonly label: string;
  readonly limits: string;
  /** Undefined: it is there. */
  readonly ask: () => Omit<Missing, 'need'> | undefined;
}

const TRACING = ['BPF', 'PERFMON'];

const feature = (
  name: Parameters<typeof missing>[0] & string,
  label: string,
  limits: string,
  capabilities: readonly string[] = TRACING,
): Question => ({ name, label, limits, ask: () => missing(name, capabilities) });

/** What plans attach by, in the order in which it is told. */
const HOOKS: readonly Question[] = [
  feature('tracing', 'tracing programs', 'plans by tp_btf'),
  feature('raw_tracepoint', 'raw tracepoints', 'plans by raw tracepoints'),
  feature('tracepoint', 'tracefs', 'plans by plain tracepoints'),
  feature('fentry', 'fentry', 'plans by fentry'),
  feature('kprobe', 'kprobes', 'plans by kprobes'),
  feature('kprobe_multi', 'kprobe.multi', 'many functions at once'),
  feature('uprobe', 'uprobes', 'functions of programs'),
  feature('uprobe_multi', 'uprobe.multi', 'many functions at once'),
  feature('perf_event', 'perf events', 'sampling'),
  feature('cpu_cycles', 'CPU cycles', 'sampling by cycles'),
  feature('lsm', 'BPF LSM', 'security hooks'),
];

/** What every tool builds on. */
const GROUND: readonly Question[] = [
  feature('btf', 'BTF', 'every tool', []),
  feature('ring', 'ring buffers', 'rows of events', ['BPF']),
  feature('memlock', 'memory for maps', 'large maps'),
  feature('kernel_read', 'reading memory', 'memory that BTF leaves out'),
  {
    name: 'kernel_symbols',
    label: 'kernel symbols',
    limits: 'names of kernel functions',
    ask: () => (seesKernelSymbols() ? undefined : hiddenSymbols()),
  },
  {
    name: 'other_processes',
    label: "reading others' processes",
    limits: 'names of their functions',
    ask: () => (heldCapabilities().has('SYS_PTRACE') ? undefined : lacksCapability('SYS_PTRACE')),
  },
  {
    name: 'program_costs',
    label: 'program costs',
    limits: '--overhead',
    ask: overheadRefusal,
  },
];

/** Asks the running kernel, by trying. `needed`: the only hooks to ask about. */
export function facts(needed?: ReadonlySet<string>): Fact[] {
  const hooks = HOOKS.filter(({ name }) => !needed || needed.has(name));
  return [...GROUND, ...hooks].map(({ name, label, limits, ask }) => {
    const lack = ask();
    if (!lack) return { name, label, limits };
    const { code, why, capabilities } = lack;
    return { name, label, limits, missing: { code, why, capabilities } };
  });
}

function hiddenSymbols(): Omit<Missing, 'need'> {
  const restricted = sysctl('kernel.kptr_restrict') ?? 0;
  return restricted > 1
    ? {
        code: 'EPERM',
        why: `kernel.kptr_restrict is ${restricted}, for root too; set it to 1`,
        capabilities: [],
      }
    : lacksCapability('SYSLOG');
}

function lacksCapability(name: string): Omit<Missing, 'need'> {
  const refusal = { code: 'EPERM', capabilities: [name] };
  return { code: 'EPERM', why: hintFor(refusal) ?? 'it is hidden', capabilities: [name] };
}
