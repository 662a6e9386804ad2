import { UsageError } from '../errors.js';
import type { ArgsOf, Option, Options } from './options.js';

interface Checked<O extends Options> {
  readonly options: O;
  // biome-ignore lint/suspicious/noExplicitAny: the definition's own args; it is only handed on.
  readonly check?: (args: any) => void;
}

/** Fills in defaults and checks every value. Throws UsageError that names the option. */
export function completeArgs<O extends Options>(
  { options, check }: Checked<O>,
  input: Readonly<Record<string, unknown>>,
): ArgsOf<O> {
  for (const key of Object.keys(input)) {
    if (!(key in options)) throw new UsageError(`no option "${key}"`);
  }
  const args: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options) as [string, Option<unknown>][]) {
    const given = input[key];
    args[key] = given === undefined ? option.default : given;
    if (given === undefined) continue;
    try {
      option.check(given);
    } catch (error) {
      throw new UsageError(`${key} ${(error as Error).message}`);
    }
  }
  check?.(args);
  return args as ArgsOf<O>;
}
