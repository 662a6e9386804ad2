import type { Skeleton } from '../layout.js';
import type { Report } from '../report.js';
import { completeArgs } from './args.js';
import type { Input, RunOptions, Tool, ToolDefinition } from './definition.js';
import { type ArgsOf, type CommonArgs, type Options, optionsOf } from './options.js';
import { runTool } from './run.js';

/** Makes a tool of its definition: a function that runs it, with the definition attached. */
export function defineTool<const S extends Skeleton, const O extends Options>(
  definition: ToolDefinition<S, O>,
): Tool<S, O> {
  const tool = (input: Input<O> = {}, options: RunOptions = {}) => {
    const args = completeArgs(
      { ...definition, options: optionsOf(definition) },
      input,
    ) as ArgsOf<O> & CommonArgs;
    const leave = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, leave.signal]) : leave.signal;
    const reports = runTool(definition, args, { ...options, signal });
    // A generator's own return() waits for what is pending; this one ends it first.
    const iterator: AsyncIterableIterator<Report> = {
      next: () => reports.next(),
      return: () => {
        leave.abort();
        return reports.return();
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  };
  return Object.assign(tool, { definition });
}
