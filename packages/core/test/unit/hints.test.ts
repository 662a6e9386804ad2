import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hintFor } from '../../src/hints.js';

const system = vi.hoisted(() => ({ held: new Set<string>(), paranoid: 2 as number | undefined }));
vi.mock('../../src/system.js', () => ({
  effectiveCapabilities: () => system.held,
  sysctl: (name: string) => (name === 'kernel.perf_event_paranoid' ? system.paranoid : undefined),
}));

beforeEach(() => {
  system.held = new Set();
  system.paranoid = 2;
});

const NEEDS_BOTH = 'needs CAP_BPF and CAP_PERFMON; run as root, or grant them';
const NEEDS_PERFMON = 'needs CAP_PERFMON; run as root, or grant it';
const NEEDS_BPF = 'needs CAP_BPF; run as root, or grant it';
const PARANOID =
  'needs CAP_SYS_ADMIN while kernel.perf_event_paranoid is 3; run as root, or set it to 2';
const LOCKED = 'the kernel refuses it even to root: see /sys/kernel/security/lockdown';

describe('a hint for what needs CAP_BPF and CAP_PERFMON', () => {
  it.each([
    [[], 2, NEEDS_BOTH],
    [['BPF'], 2, NEEDS_PERFMON],
    [['PERFMON'], 2, NEEDS_BPF],
    [['PERFMON'], 3, NEEDS_BPF],
    [[], 3, NEEDS_BOTH],
    [['BPF', 'PERFMON'], 2, undefined],
    [['BPF', 'PERFMON'], undefined, undefined],
    [['BPF', 'PERFMON'], 3, PARANOID],
    [['SYS_ADMIN'], 2, LOCKED],
    [['SYS_ADMIN'], 3, LOCKED],
    [['SYS_ADMIN', 'BPF', 'PERFMON'], 3, LOCKED],
    [['SYS_PTRACE', 'SYSLOG'], 2, NEEDS_BOTH],
  ])('from %j, with perf_event_paranoid %s', (held, paranoid, expected) => {
    system.held = new Set(held);
    system.paranoid = paranoid;
    for (const code of ['EPERM', 'EACCES'])
      expect(hintFor(code, { capabilities: ['BPF', 'PERFMON'] })).toBe(expected);
  });
});

describe('a hint', () => {
  it('names what CAP_SYS_ADMIN does not cover', () => {
    system.held = new Set(['SYS_ADMIN']);
    expect(hintFor('EACCES', { capabilities: ['BPF', 'DAC_READ_SEARCH'] })).toBe(
      'needs CAP_DAC_READ_SEARCH; run as root, or grant it',
    );
  });

  it('of missing BTF or counters names them', () => {
    expect(hintFor('ENOENT', { feature: 'btf' })).toContain('CONFIG_DEBUG_INFO_BTF');
    expect(hintFor('ENOENT', { feature: 'cpu_cycles' })).toBe(
      'this machine has no hardware counters',
    );
    expect(hintFor('EOPNOTSUPP', { feature: 'cpu_cycles' })).toBe(
      'this machine has no hardware counters',
    );
    expect(hintFor('EPERM', { feature: 'cpu_cycles', capabilities: ['PERFMON'] })).toBe(
      NEEDS_PERFMON,
    );
  });

  it.each(['EINVAL', 'ENOENT', 'E2BIG', 'ENOMEM', 'ECLOSED'])('is not made up for %s', (code) => {
    expect(hintFor(code, { capabilities: ['BPF', 'PERFMON'] })).toBeUndefined();
  });
});
