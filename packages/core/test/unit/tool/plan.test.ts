import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BpfError, ToolError } from '../../../src/errors.js';
import { choosePlan, judgePlans, type Plan, withHint } from '../../../src/tool/plan.js';
import { freshKernel } from '../../fixtures/current-kernel.js';
import type { FakeKernel } from '../../fixtures/fake-kernel.js';
import type { skeleton } from '../../fixtures/latency.js';

vi.mock('../../../src/native.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../fixtures/current-kernel.js')).mockedNative,
}));

const held = vi.hoisted(() => new Set<string>());
vi.mock('../../../src/system.js', async (original) => ({
  ...(await original<object>()),
  effectiveCapabilities: () => held,
  sysctl: () => 2,
}));

const plan = (
  name: string,
  ...needs: Plan<typeof skeleton, object>['needs']
): Plan<typeof skeleton, object> => ({
  name,
  needs,
  capabilities: ['BPF', 'PERFMON'],
  programs: ['start', 'end'],
  attach: () => [{ program: 'end' }, { program: 'start' }],
});
const plans = [
  plan('fentry', 'btf', 'fentry'),
  plan('kprobe', 'kprobe'),
  plan('tracepoint', 'tracing'),
];

let kernel: FakeKernel;
beforeEach(() => {
  kernel = freshKernel();
  held.clear();
});

describe('plans', () => {
  it('are taken best first', () => {
    expect(choosePlan(plans).name).toBe('fentry');
    kernel.refused.fentry = { code: 'EPERM' };
    expect(choosePlan(plans).name).toBe('kprobe');
    kernel.refused.kprobe = { code: 'ENOENT' };
    expect(choosePlan(plans).name).toBe('tracepoint');
  });

  it('are each judged, with the reason of the first need that is refused', () => {
    kernel.refused.btf = { code: 'ENOENT' };
    kernel.refused.kprobe = { code: 'EOPNOTSUPP', detail: 'no kprobes in this kernel' };
    expect(judgePlans(plans)).toEqual([
      {
        name: 'fentry',
        ok: false,
        reason:
          'btf: ENOENT: this kernel has no BTF in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)',
      },
      { name: 'kprobe', ok: false, reason: 'kprobe: EOPNOTSUPP: no kprobes in this kernel' },
      { name: 'tracepoint', ok: true },
    ]);
    expect(kernel.log).toEqual(['probe btf', 'probe kprobe', 'probe tracing']);
  });

  it('name the capability that is missing', () => {
    held.add('BPF');
    kernel.refused.tracing = { code: 'EPERM', detail: 'Operation not permitted' };
    expect(judgePlans([plan('tp_btf', 'tracing')])).toEqual([
      {
        name: 'tp_btf',
        ok: false,
        reason: 'tracing: EPERM: needs CAP_PERFMON; run as root, or grant it',
      },
    ]);
  });

  it('that all fail end with exit code 3 and the last reason', () => {
    for (const feature of ['btf', 'kprobe', 'tracing'])
      kernel.refused[feature] = { detail: `no ${feature}` };
    expect(() => choosePlan(plans)).toThrow(
      expect.objectContaining({
        exitCode: 3,
        message: 'cannot run here: tracepoint needs tracing: EINVAL: no tracing',
      }),
    );
  });

  it("turn a probe's own failure into BpfError", () => {
    kernel.failures.probe = { code: 'EMFILE', op: 'probe', subject: 'btf' };
    expect(() => choosePlan(plans)).toThrow(
      expect.objectContaining({ name: 'BpfError', code: 'EMFILE', exitCode: 1 }),
    );
  });
});

describe('a hint', () => {
  const refused = new BpfError({
    code: 'EPERM',
    op: 'load',
    subject: 'start',
    detail: 'not permitted',
    verifierLog: '',
  });

  it('is added to what the kernel refused, and nothing is lost', () => {
    const hinted = withHint(refused, ['BPF', 'PERFMON']) as BpfError;
    expect(hinted.message).toBe(
      'load of "start" failed: EPERM: not permitted; needs CAP_BPF and CAP_PERFMON; run as root, or grant them',
    );
    expect(hinted).toMatchObject({
      code: 'EPERM',
      op: 'load',
      subject: 'start',
      exitCode: 3,
      cause: refused,
    });
  });

  it('is not added to what has one, or is no refusal', () => {
    const hinted = new BpfError({ code: 'EPERM', op: 'load', hint: 'use -k' });
    const full = new BpfError({ code: 'E2BIG', op: 'map' });
    const other = new ToolError('no process 1');
    for (const error of [hinted, full, other, 'thrown'])
      expect(withHint(error, ['BPF'])).toBe(error);
  });
});
