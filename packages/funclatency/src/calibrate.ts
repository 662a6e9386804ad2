import {
  type AttachTarget,
  callEmpty,
  emptyFunction,
  FINE,
  HistogramSeries,
  histogramRodata,
  histograms,
  pidNamespace,
  systemCalls,
  TypedObject,
} from '@probekit/core';
import { skeleton } from './funclatency.gen.js';
import { plans } from './plans.js';
import type { Args } from './settings.js';
import { histogramMap, rodata } from './settings.js';
import type { Target } from './target.js';

const CALLS = 2000;

/**
 * What the probes of a plan add to each call, in nanoseconds: the median time that they measure of a function that does
 * nothing. By a second object, so that it counts nowhere else. Throws BpfError as an attachment does.
 */
export async function probeCost(plan: string, args: Args, target: Target): Promise<number> {
  const { kind } = target;
  const chosen = plans.find(({ name }) => name === plan);
  const attachments = (chosen?.attach({ ...args, pattern: undefined, functions: false }) ?? []).map(
    ({ program }) => ({ program, place: emptyPlace(plan, program) }),
  );
  const plain = { ...args, functions: false, levels: undefined, self: false, sample: undefined };
  const scale = { unit: 'ns', bits: FINE } as const;
  await using object = await TypedObject.load(skeleton, {
    rodata: {
      ...rodata(plain, target),
      ...histogramRodata(scale),
      scope_by_pid: true,
      scope_pidns: pidNamespace(),
    },
    maxEntries: { stacks: 64, system_calls: 64 },
    programs: attachments.map(({ program }) => program),
  });
  object.maps.scope_pids.set(process.pid, 1);
  const { getppid } = systemCalls();
  if (kind === 'system' && getppid !== undefined) object.maps.syscalls.set(getppid, 1);
  for (const { program, place } of attachments) await object.attach(program, place);
  callEmpty(kind, CALLS);
  const counted = await new HistogramSeries(histogramMap(object, plain), () => ({})).since();
  const [measured] = histograms(counted, scale);
  return Math.round(measured?.percentiles?.p50 ?? 0);
}

/** Where a program of a plan is to be attached in order to see the empty function. */
function emptyPlace(plan: string, program: string): AttachTarget | undefined {
  if (!/^probe|multi|^f(entry|exit)$/.test(program)) return undefined;
  const isReturn = program.endsWith('_return');
  const { path, offset } = emptyFunction();
  const one = BigUint64Array.of(0n);
  const way = isReturn ? { retprobe: true } : {};
  switch (plan) {
    case 'fentry':
      return { kind: 'fentry', symbols: ['bpf_fentry_test1'], cookies: one };
    case 'kprobe':
    case 'kprobe_multi':
      return { kind: plan, symbols: ['bpf_fentry_test1'], cookies: one, ...way };
    default: {
      const offsets = BigUint64Array.of(BigInt(offset));
      return { kind: plan as 'uprobe', path, offsets, pid: process.pid, cookies: one, ...way };
    }
  }
}
