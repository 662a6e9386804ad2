import yargs from 'yargs';
import type { Option, Options } from '../tool/options.js';
import type { CommandDefinition } from './argv.js';
import { longName } from './getopt.js';

/** What `--help` prints, laid out by yargs, less its names for the kinds, which say nothing that the metavar does not. */
export async function helpText(
  { name, summary, positionals = [], examples }: CommandDefinition,
  options: Options,
): Promise<string> {
  const bare = positionals.map((positional) => ` [${positional}]`).join('');
  const layout = yargs([])
    .locale('en')
    .scriptName(name)
    .usage(`$0 [options]${bare}\n\n${summary}`)
    .help(false)
    .version(false)
    .wrap(Math.min(100, process.stdout.columns || 100));
  for (const [key, option] of Object.entries(options)) {
    layout.option(longName(key), {
      ...(option.letter ? { alias: option.letter } : {}),
      describe: option.help + value(option),
      ...(option.metavar ? { string: true } : { boolean: true, default: undefined }),
    });
  }
  for (const [command, meaning] of examples) layout.example(command, meaning);
  return `${(await layout.getHelp()).replace(/ +\[(string|boolean)\]$/gm, '')}\n`;
}

/** What the option takes, and what it is without it. */
function value({ default: fallback, metavar }: Option<unknown>): string {
  const known = typeof fallback === 'number' || typeof fallback === 'string';
  return metavar && ` (${metavar}${known ? `=${fallback}` : ''})`;
}
