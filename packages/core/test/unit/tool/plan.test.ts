import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BpfError, ToolError } from '../../../src/errors.js';
import type { Feature } from '../../../src/native.js';
import type { Need } from '../../../src/tool/need.js';
import { choosePlan, judgePlans, type Plan } from '../../../src/tool/plan.js';
import { withHint } from '../../../src/tool/with-hint.js';
import { freshKernel } from '../../fixtures/current-kernel.js';
import type { FakeKernel } from '../../fixtures/fake-kernel.js';
import type { skeleton } from '../../fixtures/latency.js';

vi.mock('../../../src/native.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../fixtures/current-kernel.js')).mockedNative,
}));

const held = vi.hoisted(() => new Set<string>());
const setting = vi.hoisted(() => ({ paranoid: 2 }));
const limit = vi.hoisted(() => ({ bytes: Number.POSITIVE_INFINITY }));
vi.mock('../../../src/system.js', async (original) => ({
  ...(await original<object>()),
  effectiveCapabilities: () => held,
  kernelRelease: () => '6.1.0',
  lockedMemoryLimit: () => limit.bytes,
  sysctl: () => setting.paranoid,
  inUserNamespace: () => false,
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
  setting.paranoid = 2;
  limit.bytes = Number.POSITIVE_INFINITY;
});

describe('plans', () => {
  it('are taken best first', () => {
    expect(choosePlan(plans, {}).name).toBe('fentry');
    kernel.refused.fentry = { code: 'EPERM' };
    expect(choosePlan(plans, {}).name).toBe('kprobe');
    kernel.refused.kprobe = { code: 'ENOENT' };
    expect(choosePlan(plans, {}).name).toBe('tracepoint');
  });

  it('are each judged, with the reason of the first need that is refused', () => {
    kernel.refused.btf = { code: 'ENOENT' };
    kernel.refused.kprobe = { code: 'EBUSY', detail: 'somebody has it' };
    const btf = 'this kernel has no BTF in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)';
    expect(judgePlans(plans.slice(0, 1), {})).toEqual([
      {
        name: 'fentry',
        ok: false,
        reason: `btf: ENOENT: ${btf}`,
        missing: { need: 'btf', code: 'ENOENT', why: btf, capabilities: [] },
      },
    ]);
    expect(judgePlans(plans, {})).toMatchObject([
      { name: 'fentry', ok: false },
      {
        name: 'kprobe',
        ok: false,
        reason: 'kprobe: EBUSY: somebody has it',
      },
      { name: 'tracepoint', ok: true },
    ]);
    expect(kernel.log).toEqual(['probe btf', 'probe btf', 'probe kprobe', 'probe tracing']);
  });

  it('fail with what the last one lacks that suits the options', () => {
    kernel.refused.kprobe = { code: 'EBUSY', detail: 'somebody has it' };
    const other = { ...plan('other', 'tracing'), unsuited: () => 'it is for something else' };
    expect(() => choosePlan([plan('kprobe', 'kprobe'), other], {})).toThrow(
      'cannot run here: kprobe: EBUSY: somebody has it',
    );
    expect(() => choosePlan([other], {})).toThrow(
      'cannot run here: other: it is for something else',
    );
  });

  it('fail with the options too where a last resort works for others', () => {
    kernel.refused.kprobe = { code: 'EBUSY', detail: 'somebody has it' };
    const unsuited = () => 'it does not show that; leave it out';
    const resort = { ...plan('calls', 'tracing'), unsuited, lastResort: true } as const;
    const busy = 'cannot run here: kprobe: EBUSY: somebody has it';
    const run = () => choosePlan([plan('kprobe', 'kprobe'), resort], {});
    expect(run).toThrow(`${busy}; calls: it does not show that; leave it out`);
    kernel.refused.tracing = { code: 'EPERM', detail: 'no' };
    expect(run).toThrow(new RegExp(`${busy}$`));
  });

  it('name the capability that is missing', () => {
    held.add('BPF');
    kernel.refused.tracing = { code: 'EPERM', detail: 'Operation not permitted' };
    const why = 'needs CAP_PERFMON; run as root, or grant it';
    expect(judgePlans([plan('tp_btf', 'tracing')], {})).toEqual([
      {
        name: 'tp_btf',
        ok: false,
        reason: `tracing: EPERM: ${why}`,
        missing: { need: 'tracing', code: 'EPERM', why, capabilities: ['PERFMON'] },
      },
    ]);
  });

  it('that do not suit the options are not even tried', () => {
    const unsuited = (args: { idle: boolean }) => (args.idle ? 'it never idles' : undefined);
    const choosy = { ...plan('fentry', 'fentry'), unsuited };
    expect(judgePlans([choosy], { idle: true })).toEqual([
      { name: 'fentry', ok: false, reason: 'it never idles' },
    ]);
    expect(kernel.log).toEqual([]);
    expect(judgePlans([choosy], { idle: false })).toEqual([{ name: 'fentry', ok: true }]);
    expect(() => choosePlan([choosy], { idle: true })).toThrow(
      'cannot run here: fentry: it never idles',
    );
  });

  it('want memory for their maps where the kernel locks it', () => {
    kernel.refused.memlock = { code: 'EPERM', detail: 'this kernel locks BPF memory' };
    for (const name of ['BPF', 'PERFMON']) held.add(name);
    expect(judgePlans([plan('kprobe')], {}, 1000)).toEqual([{ name: 'kprobe', ok: true }]);
    limit.bytes = 999;
    expect(judgePlans([plan('kprobe')], {}, 1000)).toMatchObject([
      { ok: false, reason: 'memlock: EPERM: needs CAP_SYS_RESOURCE; run as root, or grant it' },
    ]);
    expect(judgePlans([plan('kprobe')], {}, 998)).toMatchObject([{ ok: true }]);
  });

  it('that all fail end with exit code 3 and the last reason', () => {
    for (const feature of ['btf', 'kprobe', 'tracing'])
      kernel.refused[feature] = { detail: `no ${feature}` };
    expect(() => choosePlan(plans, {})).toThrow(
      expect.objectContaining({
        exitCode: 3,
        message: 'cannot run here: tracepoint needs tracing: EINVAL: no tracing',
      }),
    );
  });

  it("turn a probe's own failure into BpfError", () => {
    kernel.failures.probe = { code: 'EMFILE', op: 'probe', subject: 'btf' };
    expect(() => choosePlan(plans, {})).toThrow(
      expect.objectContaining({ name: 'BpfError', code: 'EMFILE', exitCode: 1 }),
    );
  });
});

describe('what a plan attaches to', () => {
  const reason = (...needs: Need[]) => judgePlans([plan('x', ...needs)], {})[0]?.reason;

  beforeEach(() => {
    kernel.types['function vfs_read'] = { parameters: 4 };
    kernel.types['function ext4_sync_file'] = { parameters: 4, module: 'ext4' };
    kernel.types['tracepoint block_rq_issue'] = { parameters: 1 };
    for (const name of ['BPF', 'PERFMON']) held.add(name);
  });

  it('is looked up in the BTF', () => {
    expect(reason({ function: 'vfs_read' }, { tracepoint: 'block_rq_issue' })).toBeUndefined();
    expect(kernel.log).toEqual([
      'kernelType function vfs_read',
      'kernelType tracepoint block_rq_issue',
    ]);
  });

  it('is named where it is not there, with the module that may bring it', () => {
    expect(reason({ function: 'vfs_raed' })).toBe(
      "function vfs_raed: ENOENT: this kernel's BTF has no function vfs_raed",
    );
    expect(reason({ tracepoint: 'xfs_iget', module: 'xfs' })).toBe(
      "tracepoint xfs_iget: ENOENT: this kernel's BTF has no tracepoint xfs_iget; modprobe xfs brings it, if it is a module",
    );
  });

  it('may have changed its parameters', () => {
    expect(reason({ tracepoint: 'block_rq_issue', parameters: 1 })).toBeUndefined();
    expect(reason({ tracepoint: 'block_rq_issue', parameters: 2 })).toBe(
      'tracepoint block_rq_issue: EINVAL: block_rq_issue has 1 parameters here, not 2',
    );
  });

  it('needs CAP_SYS_ADMIN in a module', () => {
    expect(reason({ function: 'ext4_sync_file' })).toBe(
      'function ext4_sync_file: EPERM: it is in module ext4: needs CAP_SYS_ADMIN; run as root, or grant it',
    );
    held.add('SYS_ADMIN');
    expect(reason({ function: 'ext4_sync_file' })).toBeUndefined();
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

  it('blames perf_event_paranoid for links through perf events alone', () => {
    for (const name of ['BPF', 'PERFMON']) held.add(name);
    setting.paranoid = 3;
    const attach = new BpfError({ code: 'EACCES', op: 'attach', subject: 'start' });
    const hint = (feature: Feature) =>
      (withHint(attach, ['BPF', 'PERFMON'], () => feature) as BpfError).hint;
    for (const feature of ['kprobe', 'tracepoint', 'perf_event'] as const)
      expect(hint(feature)).toContain('while kernel.perf_event_paranoid is 3');
    for (const feature of ['tracing', 'raw_tracepoint', 'fentry', 'kprobe_multi'] as const)
      expect(hint(feature)).toMatch(/^the kernel refuses it even with CAP_BPF and CAP_PERFMON/);
    expect(hint('uprobe')).toBe('needs CAP_SYS_ADMIN; run as root, or grant it');
    // A tracepoint that is not there is no matter of tracefs.
    const absent = new BpfError({ code: 'ENOENT', op: 'attach', subject: 'start' });
    expect(withHint(absent, ['BPF'], () => 'tracepoint')).toBe(absent);
  });

  it('asks for memory where a load fails with every capability', () => {
    held.add('SYS_ADMIN');
    kernel.refused.memlock = { code: 'EPERM', detail: 'this kernel locks BPF memory' };
    expect((withHint(refused, ['BPF']) as BpfError).hint).toBe(
      'needs CAP_SYS_RESOURCE; run as root, or grant it',
    );
  });

  it('is not added to what has one, or is no refusal', () => {
    const hinted = new BpfError({ code: 'EPERM', op: 'load', hint: 'use -k' });
    const full = new BpfError({ code: 'E2BIG', op: 'map' });
    const other = new ToolError('no process 1');
    const rejected = new BpfError({ code: 'EACCES', op: 'load', verifierLog: 'R2 !read_ok' });
    held.add('SYS_ADMIN');
    for (const error of [hinted, full, other, rejected, 'thrown'])
      expect(withHint(error, ['BPF'])).toBe(error);
  });
});
