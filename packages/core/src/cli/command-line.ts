import type { Options } from '../tool/options.js';

/** What a command line is read by. */
export interface CommandDefinition<O extends Options = Options> {
  readonly name: string;
  readonly version: string;
  /** One line, lower case. */
  readonly summary: string;
  readonly options: O;
  /** Names of options that may also be given bare, in order; a last `name...` takes all that follow. */
  readonly positionals?: readonly string[];
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** Conflicts between options: throws UsageError. */
  // biome-ignore lint/suspicious/noExplicitAny: the definition's own args; it is only handed on.
  readonly check?: (args: any) => void;
}
