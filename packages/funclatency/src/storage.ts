import { readFileSync } from 'node:fs';
import type { PlanArgs } from './plans.js';
import { targetOf } from './target.js';

export interface StorageArgs extends PlanArgs {
  readonly levels: number | undefined;
  readonly threadStorageSize: number | undefined;
  readonly histogramStorageSize: number;
}

/** Of a machine with few threads, since more may come. */
const LEAST_THREADS = 1024;
/** How many levels of calls a thread's entry in `stacks` holds (stack.bpf.h). */
export const MAX_DEPTH = 64;

/** Threads whose calls are kept: as asked for, else twice as many as there are. */
export function threads({ threadStorageSize }: StorageArgs): number {
  if (threadStorageSize !== undefined) return threadStorageSize;
  const [, count] = /\/(\d+) /.exec(readFileSync('/proc/loadavg', 'utf8')) ?? [];
  return Math.max(LEAST_THREADS, 2 * Number(count ?? 0));
}

/** Whether calls are counted under more than one key. */
export function hasKeys({ functions, levels }: Pick<StorageArgs, 'functions' | 'levels'>): boolean {
  return functions || levels !== undefined;
}

export function maxEntries(args: StorageArgs) {
  const isSystem = targetOf(args)?.kind === 'system';
  return {
    stacks: isSystem ? 1 : threads(args),
    system_calls: isSystem ? threads(args) : 1,
    histograms: hasKeys(args) ? args.histogramStorageSize : 1,
  };
}
