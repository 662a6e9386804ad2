import type { Option, Options } from '../tool/options.js';
import type { CommandDefinition } from './command-line.js';
import { longName } from './getopt.js';

/** Columns of the widest help; a narrower terminal gets its own width. */
const WIDEST = 100;
const INDENT = '  ';

/** What `--help` prints. */
export function helpText(
  { name, summary, positionals = [], examples }: CommandDefinition,
  options: Options,
): string {
  const bare = positionals.map((positional) => ` [${longName(positional)}]`).join('');
  const rows = Object.entries(options).map(
    ([key, option]) => [forms(key, option), option.help + fallback(option)] as const,
  );
  return [
    `${name} [options]${bare}\n\n${summary}\n`,
    `Options:\n${columns(rows)}`,
    ...(examples.length > 0 ? [`Examples:\n${columns(examples)}`] : []),
  ].join('\n');
}

/** `-F, --frequency HZ` */
function forms(key: string, { letter, metavar }: Option<unknown>): string {
  const short = letter ? `-${letter}, ` : '    ';
  return `${short}--${longName(key)}${metavar && ` ${metavar}`}`;
}

function fallback({ default: value }: Option<unknown>): string {
  return typeof value === 'number' || typeof value === 'string' ? ` (${value})` : '';
}

/** Two columns, the second one wrapped between words. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([first]) => first.length)) + INDENT.length * 2;
  const right = Math.max(20, Math.min(WIDEST, process.stdout.columns || WIDEST) - left);
  return rows
    .map(([first, second]) => {
      const [head = '', ...more] = wrapped(second, right);
      const lines = [`${INDENT}${first}`.padEnd(left) + head];
      for (const line of more) lines.push(' '.repeat(left) + line);
      return lines.map((line) => `${line}\n`).join('');
    })
    .join('');
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line += line ? ` ${word}` : word;
    }
  }
  return [...lines, line];
}
