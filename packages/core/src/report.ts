/**
 * What a run yields, in this order: Meta, then any number of Body, then Summary.
 * Names are camelCase here and snake_case in JSON (schema/report.schema.json).
 */
export type Report = Meta | Body | Summary;

/** The reports that a tool itself yields; core adds the first and the last. */
export type Body = Histogram | Rows | Stacks | Quality | Notice;

export interface Meta {
  readonly type: 'meta';
  readonly tool: string;
  readonly version: string;
  readonly kernel: string;
  readonly plan: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly time: Date;
  /** The readiness line for a person: everything is attached. */
  readonly header: string;
}

export interface Slot {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  readonly count: number;
}

/** Where a report belongs to an interval: the seconds that it covers, and its number from 1 on. */
interface OfInterval {
  readonly intervalS?: number;
  readonly seq?: number;
}

/** In the histogram's unit; `max` is within the same error as the others. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface Histogram extends OfInterval {
  readonly type: 'histogram';
  /** When the interval ended. */
  readonly time: Date;
  readonly unit: 'ns' | 'us' | 'ms';
  readonly labels: Readonly<Record<string, string>>;
  /** Ascending; empty ones may be left out. */
  readonly slots: readonly Slot[];
  /** The sum of the slots' counts, never a second counter. */
  readonly count: number;
  /** The sum of all values, in `unit`. */
  readonly sum: number;
  readonly percentiles?: Percentiles;
  /** The sum of the events' sizes, where it was asked for. */
  readonly bytes?: number;
  /** How many events it stands for, where that is not `count`: another histogram may show the same ones. */
  readonly events?: number;
  /** With sampling: each event stands for so many calls. Slots, count and sum are of those that were timed. */
  readonly oneOf?: number;
}

/** One value of a row for all outputs: declared once, shown as a cell, a JSON field and a CSV field. */
export interface Column<R> {
  /** The JSON key, unit included: `latency_ms`. */
  readonly key: string;
  readonly header: string;
  /** Characters in the text table; negative: left-aligned. */
  readonly width: number;
  readonly get: (row: R) => string | number | bigint | boolean | null;
  /** For text only; default: the value itself. */
  readonly format?: (row: R) => string;
}

export interface Rows<R = unknown> extends OfInterval {
  readonly type: 'rows';
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  /** How many events they stand for, where that is not one each: a histogram may show the same ones. */
  readonly events?: number;
}

/** How a frame's code came to be, where it was not compiled into a file as a function of its own. */
export type FrameKind = 'inlined' | 'jit' | 'interpreted';

export interface Frame {
  /** The address as sampled: for a caller, the one that its callee returns to. Inlined frames have that of the function they are in. */
  readonly address: bigint;
  /** null: unknown. */
  readonly name: string | null;
  /** The file or kernel module that the address lies in, `[vdso]` or `[anon]` (no file); null: unknown or the kernel itself. */
  readonly module: string | null;
  /** Left out: native. */
  readonly kind?: FrameKind;
}

/** A stack, leaf first; 'missed': there was one, but it could not be read or stored; null: there was none or it was not asked for. */
export type Stack = readonly Frame[] | 'missed' | null;

export interface StackCount {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly user: Stack;
  readonly kernel: Stack;
  /** A stack reached the kernel's limit of frames: its root may be missing. */
  readonly truncated: boolean;
  /** How often it was seen. */
  readonly count: number;
  /** Of stacks off the CPU: how long in all. */
  readonly offCpuUs?: number;
  /** Where it was asked for: the container, unit or cgroup that the process ran in. */
  readonly container?: string;
}

export interface Stacks {
  readonly type: 'stacks';
  readonly time: Date;
  readonly entries: readonly StackCount[];
}

/** How many of some samples have a good stack. The last three add up to the first. */
export interface Goodness {
  readonly samples: number;
  /** From the function that its thread began with to the leaf, with a name for each frame. */
  readonly complete: number;
  /** Does not reach back to where its thread began. */
  readonly truncated: number;
  /** Does, but has frames without a name. */
  readonly unresolved: number;
}

/** How good the stacks of a run are, and what would make those of a process better. */
export interface Quality extends Goodness {
  readonly type: 'quality';
  /** Those with the most stacks that are not complete first. */
  readonly processes: readonly ProcessQuality[];
}

export interface ProcessQuality extends Goodness {
  readonly pid: number;
  readonly name: string;
  /** null: nothing is to be done, or nobody knows what. */
  readonly remedy: string | null;
}

/** Something a person should know and that is no result: goes to stderr, and into JSON. */
export interface Notice {
  readonly type: 'notice';
  readonly text: string;
}

/** Why a start never became a report. */
export const LOSSES = [
  'map_full',
  'map_busy',
  'ring_full',
  'ring_busy',
  'no_end',
  'async_not_timed',
] as const;
export type Loss = (typeof LOSSES)[number];

/** events = reported + belowThreshold + inFlight + the sum of `lost`, exactly. */
export interface Summary {
  readonly type: 'summary';
  readonly durationS: number;
  readonly events: number;
  readonly reported: number;
  readonly belowThreshold: number;
  readonly inFlight: number;
  readonly lost: Readonly<Record<Loss, number>>;
  readonly unmatchedEnds: number;
  /** How often the kernel did not run our programs; null where it cannot tell. */
  readonly missed: number | null;
  readonly maps: Readonly<Record<string, { readonly usedMax: number; readonly max: number }>>;
  /** Facts about the quality of what was reported, by the tool's own names. */
  readonly quality: Readonly<Record<string, number | boolean | null>>;
  /** Our programs' cost, with --overhead. */
  readonly programs?: Readonly<Record<string, { readonly runs: number; readonly meanNs: number }>>;
}

/** How many events a report stands for. */
export function reportedBy(report: Body): number {
  switch (report.type) {
    case 'histogram':
      return report.events ?? report.count;
    case 'rows':
      return report.events ?? report.rows.length;
    case 'stacks':
      return report.entries.reduce((sum, entry) => sum + entry.count, 0);
    case 'quality':
    case 'notice':
      return 0;
  }
}

export function histogram(
  fields: Omit<Histogram, 'type' | 'time' | 'count'> & { readonly time?: Date },
): Histogram {
  const count = fields.slots.reduce((sum, slot) => sum + slot.count, 0);
  return { type: 'histogram', time: new Date(), count, ...fields };
}

export function rows<R>(
  columns: readonly Column<R>[],
  batch: readonly R[],
  fields: Partial<Pick<Rows, 'events' | 'seq' | 'intervalS'>> = {},
): Rows {
  return { type: 'rows', columns: columns as readonly Column<unknown>[], rows: batch, ...fields };
}

export function stacks(entries: readonly StackCount[]): Stacks {
  return { type: 'stacks', time: new Date(), entries };
}

export function notice(text: string): Notice {
  return { type: 'notice', text };
}
