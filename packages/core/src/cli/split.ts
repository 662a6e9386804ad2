import { distance } from 'fastest-levenshtein';
import { UsageError } from '../errors.js';
import type { Option, Options } from '../tool/options.js';

/**
 * A command line as getopt reads it, with every option in its long form and first, then `--` and all other words:
 * clusters (`-fF99`) are split, a letter that takes a value takes the rest of its word or the next word, and `--` ends
 * the options. yargs alone would read `-F99`, `-fF 99` and `-5x` wrongly and in silence. A value stands behind `==`:
 * behind one `=`, yargs would take quotes off it and refuse an empty one. Throws UsageError.
 */
export function splitArgv(argv: readonly string[], options: Options): string[] {
  const byLetter = new Map(Object.entries(options).map(([key, option]) => [option.letter, key]));
  const byName = new Map(Object.keys(options).map((key) => [longName(key), key]));
  const result: string[] = [];
  const bare: string[] = [];
  const words = [...argv];

  const add = (key: string, shown: string, attached: string | undefined) => {
    const name = longName(key);
    if (!(options[key] as Option<unknown>).metavar) {
      if (attached !== undefined) throw new UsageError(`${shown} takes no value`);
      result.push(`--${name}`);
      return;
    }
    const value = attached ?? words.shift();
    if (value === undefined)
      throw new UsageError(`${shown} needs a value: ${(options[key] as Option<unknown>).metavar}`);
    result.push(`--${name}==${value}`);
  };

  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      bare.push(...words);
      break;
    }
    if (word.startsWith('--')) {
      const [name, ...value] = word.slice(2).split('=');
      const key = byName.get(name as string);
      if (!key)
        throw new UsageError(
          `unknown option --${name}${nearest(name as string, [...byName.keys()])}`,
        );
      add(key, `--${name}`, value.length > 0 ? value.join('=') : undefined);
    } else if (/^-[^\d.]/.test(word)) {
      const letters = [...word];
      for (let i = 1; i < letters.length; i++) {
        const letter = letters[i] as string;
        const key = byLetter.get(letter);
        if (!key)
          throw new UsageError(`unknown option -${letter}${nearestLetter(letter, byLetter)}`);
        const takesValue = (options[key] as Option<unknown>).metavar !== '';
        const rest = takesValue ? letters.slice(i + 1).join('') : '';
        add(key, `-${letter}`, rest === '' ? undefined : rest);
        if (takesValue) break;
      }
    } else {
      bare.push(word);
    }
  }
  return [...result, '--', ...bare];
}

export function longName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function nearest(name: string, names: readonly string[]): string {
  const [best] = names
    .map((candidate) => ({ candidate, steps: distance(name, candidate) }))
    .sort((a, b) => a.steps - b.steps);
  return best && best.steps <= Math.max(2, name.length / 2)
    ? `; did you mean --${best.candidate}?`
    : '; --help lists them';
}

function nearestLetter(letter: string, byLetter: ReadonlyMap<string | null, string>): string {
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  const key = byLetter.get(other);
  return key ? `; did you mean -${other} (--${longName(key)})?` : '; --help lists them';
}
