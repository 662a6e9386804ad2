import { UsageError } from '../errors.js';
import type { Skeleton } from '../layout.js';
import { completeArgs } from '../tool/args.js';
import type { Tool } from '../tool/definition.js';
import {
  type ArgsOf,
  type common,
  flag,
  type Option,
  type Options,
  optionsOf,
} from '../tool/options.js';
import type { CommandDefinition } from './command-line.js';
import { longName, readWords } from './getopt.js';
import { helpText } from './help.js';

/** `text`: what `--help` and `--version` print. */
export type Command<O extends Options> =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'run'; readonly args: ArgsOf<O> };

const ALWAYS: Options = {
  help: flag('h', 'show this help'),
  version: flag('V', 'show the version'),
};

/** What a command line asks for. Throws UsageError. */
export async function parseCommand<O extends Options>(
  definition: CommandDefinition<O>,
  argv: readonly string[],
): Promise<Command<O>> {
  const options: Options = { ...definition.options, ...ALWAYS };
  const { given, bare } = readWords(argv, options);
  if (given.has('help')) {
    return { kind: 'text', text: helpText(definition, options) };
  }
  if (given.has('version')) {
    return { kind: 'text', text: `${definition.name} ${definition.version}\n` };
  }
  const input: Record<string, unknown> = {};
  for (const [key, texts] of given) {
    input[key] = parsed(`--${longName(key)}`, options[key] as Option<unknown>, texts);
  }
  readPositionals(definition, bare, input);
  return { kind: 'run', args: completeArgs(definition, input) };
}

/** What a tool's command line asks for: its own options and those of every tool. Throws UsageError. */
export function parseTool<S extends Skeleton, O extends Options>(
  { definition }: Tool<S, O>,
  argv: readonly string[],
): Promise<Command<O & typeof common>> {
  return parseCommand({ ...definition, options: optionsOf(definition) }, argv);
}

function readPositionals(
  { positionals = [], options }: CommandDefinition,
  words: readonly string[],
  input: Record<string, unknown>,
): void {
  const rest = [...words];
  for (const name of positionals) {
    if (rest.length === 0) return;
    const key = name.replace('...', '');
    const taken = name.endsWith('...') ? rest.splice(0) : rest.splice(0, 1);
    if (key in input) {
      const shown = longName(key);
      throw new UsageError(`${shown} is given twice: as --${shown} and as "${taken[0]}"`);
    }
    input[key] = parsed(longName(key), options[key] as Option<unknown>, taken);
  }
  if (rest.length > 0)
    throw new UsageError(`unexpected argument "${rest[0]}"; --help shows the usage`);
}

function parsed(shown: string, option: Option<unknown>, texts: readonly string[]): unknown {
  try {
    return option.parse(texts);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${shown} ${error.message}`);
    throw error;
  }
}
