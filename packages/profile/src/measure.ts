import { type StackCount, weight } from '@probekit/core';
import { isBlockedOnly } from './off-cpu.js';
import { eventRate, periodNs, type Rate } from './sampling.js';

export interface MeasureArgs extends Rate {
  readonly offCpu: boolean;
  readonly state: string | undefined;
}

interface ValueType {
  readonly type: string;
  readonly unit: string;
}

/** What a run measures, as its files say it. */
export interface Measure {
  readonly title: string;
  /** What a stack weighs where there is one number, and what that counts. */
  readonly weigh: (entry: StackCount) => number;
  readonly countName: string;
  /** The unit of that number, where it is a time. */
  readonly timeUnit?: 'microseconds';
  /** The numbers of a stack where there may be more. */
  readonly values: readonly ValueType[];
  readonly valuesOf: (entry: StackCount) => number[];
  /** What lies between two samples. */
  readonly period?: ValueType & { readonly every: number };
}

const SAMPLES = { type: 'samples', unit: 'count' };
const CPU_TIME = { type: 'cpu', unit: 'nanoseconds' };
const CYCLES = { type: 'cycles', unit: 'count' };

/** `plan`: of the run, where that is known. */
export function measured(args: MeasureArgs, plan?: string): Measure {
  if (args.offCpu) return offCpu(args);
  const sampled = { title: 'CPU flame graph', weigh: weight, countName: 'samples' };
  const rate = eventRate(args);
  if (plan !== 'cpu-cycles') return { ...sampled, ...each(CPU_TIME, periodNs(args)) };
  // By frequency, the kernel changes the period as it goes.
  if ('frequency' in rate)
    return { ...sampled, values: [SAMPLES], valuesOf: (entry) => [entry.count] };
  return { ...sampled, ...each(CYCLES, rate.period) };
}

function offCpu(args: MeasureArgs): Measure {
  const what = isBlockedOnly(args) ? 'blocked' : 'off CPU';
  return {
    title: 'Off-CPU flame graph',
    weigh: weight,
    countName: `microseconds ${what}`,
    timeUnit: 'microseconds',
    values: [
      { type: 'waits', unit: 'count' },
      { type: what.replace(' ', '_').toLowerCase(), unit: 'nanoseconds' },
    ],
    valuesOf: (entry) => [entry.count, weight(entry) * 1000],
  };
}

function each(what: ValueType, every: number): Pick<Measure, 'values' | 'valuesOf' | 'period'> {
  return {
    values: [SAMPLES, what],
    valuesOf: ({ count }) => [count, count * every],
    period: { ...what, every },
  };
}
