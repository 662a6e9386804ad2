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
  ToolError,
  TypedObject,
} from '@probekit/core';
import { skeleton } from './funclatency.gen.js';
import { plans } from './plans.js';
import type { Args } from './settings.js';
import { histogramMap, rodata } from './settings.js';
import type { Target } from './target.js';

const CALLS = 500;

/** What the probes of a plan add to each call, in nanoseconds. */
export interface Calibration {
  /** The median; null where that could not be measured. */
  readonly costNs: number | null;
  /** One call of ten takes as much or more. */
  readonly costP90Ns: number | null;
  /** Why it could not be measured. */
  readonly reason?: string;
}

/**
 * What the probes of a plan measure of a function that does nothing. By a second object, so that it counts nowhere else; to
 * detach it takes kernels 40 ms, or 200 (single uprobes).
 */
export async function calibrate(plan: string, args: Args, target: Target): Promise<Calibration> {
  try {
    return await measured(plan, args, target);
  } catch (error) {
    if (args.calibrate || !(error instanceof ToolError)) throw error;
    const [costNs, costP90Ns] = [null, null];
    return { costNs, costP90Ns, reason: error.message };
  }
}

const SCALE = { unit: 'ns', bits: FINE } as const;
const PLAIN = { functions: false, levels: undefined, self: false, sample: undefined } as const;

/** By the two ends of the plan, attached to the function that does nothing. */
async function measured(plan: string, args: Args, target: Target): Promise<Calibration> {
  const chosen = plans.find(({ name }) => name === plan);
  const ends = (chosen?.attach(args) ?? []).filter((one) => one.target ?? isSystemCall(one));
  await using object = await TypedObject.load(skeleton, {
    rodata: {
      ...rodata({ ...args, ...PLAIN }, target),
      ...histogramRodata(SCALE),
      most_calls: 1,
      scope_by_pid: true,
      scope_pidns: pidNamespace(),
    },
    maxEntries: { stacks: 64, system_calls: 64 },
    programs: ends.map(({ program }) => program),
  });
  object.maps.scope_pids.set(process.pid, 1);
  const { getppid } = systemCalls();
  if (target.kind === 'system' && getppid !== undefined) object.maps.syscalls.set(getppid, 1);
  for (const { program, target } of ends) await object.attach(program, emptied(target));
  callEmpty(target.kind, CALLS);
  const counted = await new HistogramSeries(histogramMap(object, PLAIN), () => ({})).since();
  const [found] = histograms(counted, SCALE);
  if (!found?.percentiles) throw new ToolError('no call of an empty function was seen');
  const { p50, p90 } = found.percentiles;
  return { costNs: Math.round(p50), costP90Ns: Math.round(p90) };
}

function isSystemCall({ program }: { readonly program: string }): boolean {
  return program === 'sys_enter' || program === 'sys_exit';
}

/** The same kind of target elsewhere. */
function emptied(target: AttachTarget | undefined): AttachTarget | undefined {
  if (!target) return undefined;
  const { kind, retprobe = false, session = false } = target;
  const way = { kind, cookies: BigUint64Array.of(0n), retprobe, session };
  if (!kind.startsWith('uprobe')) return { ...way, symbols: ['bpf_fentry_test1'] };
  const { path, offset } = emptyFunction();
  return { ...way, path, offsets: BigUint64Array.of(BigInt(offset)), pid: process.pid };
}
