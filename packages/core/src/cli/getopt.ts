import { UsageError } from '../errors.js';
import { nearest } from '../nearest.js';
import { longName, type Option, type Options } from '../tool/options.js';

export { longName };

/** A command line taken apart: what each option was given, in order, and the words that belong to none. */
export interface Words {
  /** By the option's key; a flag has an empty list. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly bare: readonly string[];
}

/**
 * Reads a command line as getopt_long does: clusters (`-fF99`) are split, a letter that takes a value takes the rest of
 * its word or the next word, and `--` ends the options. A digit is a letter where an option has it. Throws UsageError.
 */
export function readWords(argv: readonly string[], options: Options): Words {
  const byLetter = new Map(Object.entries(options).map(([key, option]) => [option.letter, key]));
  const byName = new Map(Object.keys(options).map((key) => [longName(key), key]));
  const given = new Map<string, string[]>();
  const bare: string[] = [];
  const words = [...argv];

  const take = (key: string, shown: string, attached: string | undefined) => {
    const { metavar } = options[key] as Option<unknown>;
    const texts = given.get(key) ?? [];
    given.set(key, texts);
    if (!metavar) {
      if (attached !== undefined) throw new UsageError(`${shown} takes no value`);
      return;
    }
    const value = attached ?? words.shift();
    if (value === undefined) throw new UsageError(`${shown} needs a value: ${metavar}`);
    texts.push(value);
  };

  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      bare.push(...words);
      break;
    }
    if (word.startsWith('--')) {
      const [name = '', ...value] = word.slice(2).split('=');
      const key = byName.get(name);
      if (!key)
        throw new UsageError(`unknown option --${name}${nearestOption(name, [...byName.keys()])}`);
      take(key, `--${name}`, value.length > 0 ? value.join('=') : undefined);
    } else if (/^-[^\d.]/.test(word) || byLetter.has(/^-(\d)/.exec(word)?.[1] ?? '')) {
      const letters = [...word];
      for (let i = 1; i < letters.length; i++) {
        const letter = letters[i] as string;
        const key = byLetter.get(letter);
        if (!key)
          throw new UsageError(`unknown option -${letter}${nearestLetter(letter, byLetter)}`);
        const takesValue = (options[key] as Option<unknown>).metavar !== '';
        const rest = takesValue ? letters.slice(i + 1).join('') : '';
        take(key, `-${letter}`, rest === '' ? undefined : rest);
        if (takesValue) break;
      }
    } else {
      bare.push(word);
    }
  }
  return { given, bare };
}

function nearestOption(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  return meant ? `; did you mean --${meant}?` : '; --help lists them';
}

function nearestLetter(letter: string, byLetter: ReadonlyMap<string | null, string>): string {
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  const key = byLetter.get(other);
  return key ? `; did you mean -${other} (--${longName(key)})?` : '; --help lists them';
}
