import type { FileFormat, Meta, Root, StackCount, Summary } from '@probekit/core';
import type { MeasureArgs } from './measure.js';

/** What of a run's options its files depend on. */
export interface StacksFileArgs extends MeasureArgs {
  /** Left out: comm. */
  readonly root?: Root | undefined;
}

/** A whole run, as files of stacks are made of it. */
export interface Profiled {
  readonly meta: Meta;
  readonly entries: readonly StackCount[];
  readonly summary: Summary;
}

/** A file that is made of the stacks themselves and not of their text. */
export function stacksFile(encode: (run: Profiled) => Promise<Buffer>): FileFormat {
  const entries: StackCount[] = [];
  let meta: Meta | undefined;
  return {
    renderer: {
      begin(report) {
        meta = report;
        return '';
      },
      report(report) {
        if (report.type === 'stacks') for (const entry of report.entries) entries.push(entry);
        return '';
      },
    },
    convert: (_, summary) => encode({ meta: meta as Meta, entries, summary }),
  };
}
