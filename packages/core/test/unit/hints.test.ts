import { beforeEach, describe, expect, it, vi } from 'vitest';
import { heldCapabilities, hintFor, missingCapabilities } from '../../src/hints.js';
import type { Feature } from '../../src/native.js';

const system = vi.hoisted(() => ({
  held: new Set<string>(),
  paranoid: 2 as number | undefined,
  lockdown: undefined as string | undefined,
  release: '6.1.0-38-amd64',
  inUserNamespace: false,
  isFiltered: false,
}));
vi.mock('../../src/system.js', () => ({
  effectiveCapabilities: () => system.held,
  inUserNamespace: () => system.inUserNamespace,
  isFiltered: () => system.isFiltered,
  kernelRelease: () => system.release,
  lockdown: () => system.lockdown,
  sysctl: (name: string) => (name === 'kernel.perf_event_paranoid' ? system.paranoid : undefined),
}));

beforeEach(() => {
  system.held = new Set();
  system.paranoid = 2;
  system.lockdown = undefined;
  system.inUserNamespace = false;
  system.isFiltered = false;
  vi.spyOn(process, 'geteuid').mockReturnValue(65534);
});

const BOTH = ['BPF', 'PERFMON'];
const NEEDS_BOTH = 'needs CAP_BPF and CAP_PERFMON; run as root, or grant them';
const NEEDS_PERFMON = 'needs CAP_PERFMON; run as root, or grant it';
const NEEDS_BPF = 'needs CAP_BPF; run as root, or grant it';
const NEEDS_ADMIN = 'needs CAP_SYS_ADMIN; run as root, or grant it';
const PARANOID =
  'needs CAP_SYS_ADMIN while kernel.perf_event_paranoid is 3; run as root, or set it to 2';
const EVEN_WITH = 'the kernel refuses it even with CAP_BPF and CAP_PERFMON; try as root';
const REFUSED = 'refused even to root, perhaps by a security module';

describe('a hint for a perf event, which needs CAP_BPF and CAP_PERFMON', () => {
  it.each([
    [[], 2, NEEDS_BOTH, BOTH],
    [['BPF'], 2, NEEDS_PERFMON, ['PERFMON']],
    [['PERFMON'], 2, NEEDS_BPF, ['BPF']],
    [['PERFMON'], 3, NEEDS_BPF, ['BPF']],
    [[], 3, NEEDS_BOTH, BOTH],
    [['BPF', 'PERFMON'], 2, EVEN_WITH, []],
    [['BPF', 'PERFMON'], undefined, EVEN_WITH, []],
    [['BPF', 'PERFMON'], 3, PARANOID, ['SYS_ADMIN']],
    [['SYS_ADMIN'], 2, REFUSED, []],
    [['SYS_ADMIN'], 3, REFUSED, []],
    [['SYS_ADMIN', 'BPF', 'PERFMON'], 3, REFUSED, []],
    [['SYS_PTRACE', 'SYSLOG'], 2, NEEDS_BOTH, BOTH],
  ])('from %j, with perf_event_paranoid %s', (held, paranoid, expected, missing) => {
    system.held = new Set(held);
    system.paranoid = paranoid;
    for (const code of ['EPERM', 'EACCES']) {
      const refusal = { code, feature: 'perf_event' as const, capabilities: BOTH };
      expect(hintFor(refusal)).toBe(expected);
      expect(missingCapabilities(refusal)).toEqual(missing);
    }
  });
});

describe('a hint', () => {
  const of = (code: string, feature: Feature, capabilities = BOTH) =>
    hintFor({ code, feature, capabilities });

  it('names what CAP_SYS_ADMIN does not cover', () => {
    system.held = new Set(['SYS_ADMIN']);
    expect(hintFor({ code: 'EACCES', capabilities: ['BPF', 'DAC_READ_SEARCH'] })).toBe(
      'needs CAP_DAC_READ_SEARCH; run as root, or grant it',
    );
  });

  it('blames perf_event_paranoid for perf events alone', () => {
    system.held = new Set(BOTH);
    system.paranoid = 3;
    expect(of('EPERM', 'fentry')).toBe(EVEN_WITH);
    expect(of('EACCES', 'kprobe')).toBe(PARANOID);
  });

  it('names what only some kernels ask for, by what was refused', () => {
    system.held = new Set(BOTH);
    expect(of('EACCES', 'uprobe')).toBe(NEEDS_ADMIN);
    expect(of('EPERM', 'memlock')).toBe('needs CAP_SYS_RESOURCE; run as root, or grant it');
    expect(of('EACCES', 'tracepoint')).toBe('needs CAP_DAC_READ_SEARCH; run as root, or grant it');
    vi.spyOn(process, 'geteuid').mockReturnValue(0);
    expect(of('EACCES', 'tracepoint')).toBe(EVEN_WITH);
  });

  it('of missing BTF, counters, file systems and modules names them', () => {
    expect(of('ENOENT', 'btf')).toBe(
      'this kernel has no BTF in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)',
    );
    for (const code of ['ENOENT', 'EOPNOTSUPP'])
      expect(of(code, 'cpu_cycles')).toBe('this machine has no hardware counters');
    expect(of('EPERM', 'cpu_cycles')).toBe(NEEDS_BOTH);
    expect(of('ENOENT', 'tracepoint')).toBe(
      'tracefs is not mounted; mount -t tracefs tracefs /sys/kernel/tracing',
    );
    expect(of('EOPNOTSUPP', 'lsm')).toBe(
      'bpf is not among the security modules; add it to lsm= on the kernel command line',
    );
  });

  it('of uprobes does not blame perf_event_paranoid', () => {
    system.held = new Set(BOTH);
    system.paranoid = 3;
    expect(of('EACCES', 'uprobe')).toBe(NEEDS_ADMIN);
  });

  it('says that the kernel is too old', () => {
    expect(of('EINVAL', 'uprobe_multi')).toBe('needs kernel 6.6, and this is 6.1.0-38-amd64');
  });

  it.each([
    ['EOPNOTSUPP', 'kprobe_multi', 'CONFIG_FPROBE'],
    ['ENODEV', 'kprobe', 'CONFIG_KPROBE_EVENTS'],
    ['ENODEV', 'uprobe', 'CONFIG_UPROBE_EVENTS'],
    ['ENOTSUPP', 'fentry', 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS'],
    ['ENOENT', 'lsm', 'CONFIG_BPF_LSM'],
  ] as const)('from %s of %s knows that it was built without %s', (code, feature, config) => {
    expect(of(code, feature)).toBe(`this kernel was built without ${config}`);
  });

  it('only guesses from what has other reasons too', () => {
    const guess = 'this kernel was probably built without CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS';
    expect(of('EINVAL', 'fentry')).toBe(guess);
    // A function that is not there.
    for (const feature of ['fentry', 'kprobe', 'kprobe_multi'] as const)
      expect(of('ENOENT', feature)).toBeUndefined();
  });

  it.each(['tracing', 'fentry', 'fsession', 'lsm'] as const)(
    'of %s without BTF says so',
    (name) => {
      expect(of('ENODATA', name)).toBe(
        'this kernel has no BTF in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)',
      );
    },
  );

  it('names lockdown where its mode forbids it', () => {
    system.held = new Set(['SYS_ADMIN']);
    system.lockdown = 'confidentiality';
    const locked = 'lockdown is confidentiality; start the kernel with lockdown=integrity or none';
    // As 6.12 refuses them.
    expect(of('EPERM', 'kprobe')).toBe(locked);
    expect(of('EINVAL', 'kernel_read')).toBe(locked);
    expect(of('ENOENT', 'tracepoint')).toBe(locked);
    expect(of('EINVAL', 'uprobe_multi')).not.toBe(locked);
    expect(of('EPERM', 'fentry')).toBe(REFUSED);
  });

  it('does not name it where no mode, or not this one, forbids it', () => {
    system.held = new Set(['SYS_ADMIN']);
    for (const mode of ['none', 'integrity']) {
      system.lockdown = mode;
      for (const feature of ['fentry', 'kprobe', 'tracepoint'] as const)
        expect(of('EPERM', feature)).toBe(REFUSED);
    }
    system.lockdown = undefined;
    expect(of('EPERM', 'fentry')).toBe(REFUSED);
    expect(of('EPERM', 'kprobe')).toBe(
      'refused even to root, perhaps by lockdown (mount securityfs to see) or a security module',
    );
  });

  it('names a seccomp filter where there is one', () => {
    system.held = new Set(['SYS_ADMIN']);
    system.isFiltered = true;
    expect(of('EPERM', 'fentry')).toBe(
      'refused even to root, perhaps by seccomp or a security module',
    );
  });

  it('in a user namespace names it, and its root holds nothing', () => {
    system.held = new Set(['SYS_ADMIN', ...BOTH]);
    system.inUserNamespace = true;
    system.lockdown = 'confidentiality';
    system.paranoid = 3;
    const outside = 'outside of this user namespace; run as root of the host';
    for (const feature of ['kprobe', 'fentry', 'perf_event', 'ring'] as const)
      expect(of('EPERM', feature)).toBe(`needs CAP_BPF and CAP_PERFMON ${outside}`);
    expect(hintFor({ code: 'EPERM', capabilities: ['SYS_ADMIN'] })).toBe(
      `needs CAP_SYS_ADMIN ${outside}`,
    );
    expect(missingCapabilities({ code: 'EPERM', capabilities: BOTH })).toEqual(BOTH);
    expect(heldCapabilities()).toEqual(new Set());
  });

  it('raises limits', () => {
    expect(hintFor({ code: 'EMFILE', capabilities: [] })).toBe('raise the limit with ulimit -n');
  });

  it.each(['EINVAL', 'ENOENT', 'E2BIG', 'ENOMEM', 'ECLOSED'])('is not made up for %s', (code) => {
    expect(hintFor({ code, capabilities: BOTH })).toBeUndefined();
  });
});
