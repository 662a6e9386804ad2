import { alternatives } from '../alternatives.js';
import { UsageError } from '../errors.js';

/**
 * An option of a tool, declared once: it gives the parser, `--help`, the README's table and the type of
 * `args`. The key in the definition is its name, camelCase for `--kebab-case`.
 */
export interface Option<T> {
  readonly letter: string | null;
  readonly help: string;
  /** What stands for the value in help; empty for a flag, which takes none. */
  readonly metavar: string;
  readonly default: T;
  /** From the texts given, in order. Throws UsageError without the option's name. */
  readonly parse: (texts: readonly string[]) => T;
  /** For values that come from a library's caller. Throws UsageError likewise. */
  readonly check: (value: T) => void;
}

// biome-ignore lint/suspicious/noExplicitAny: a record of options of any type; ArgsOf recovers each.
export type Options = Readonly<Record<string, Option<any>>>;

export type ArgsOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

export function flag(letter: string | null, help: string): Option<boolean> {
  return option(
    letter,
    help,
    '',
    false,
    () => true,
    () => {},
  );
}

export function text(
  letter: string | null,
  help: string,
  metavar = 'TEXT',
): Option<string | undefined> {
  return option<string | undefined>(letter, help, metavar, undefined, last, (value) => {
    if (value === '') throw new UsageError('must not be empty');
  });
}

/** One of a few words. */
export function choice<const V extends readonly string[]>(
  letter: string | null,
  help: string,
  values: V,
): Option<V[number] | undefined> {
  return option<V[number] | undefined>(
    letter,
    help,
    values.join('|'),
    undefined,
    (texts) => last(texts) as V[number],
    (value) => {
      if (value !== undefined && !values.includes(value)) {
        throw new UsageError(`must be ${alternatives(values)}, not "${value}"`);
      }
    },
  );
}

/** Words; given more than once, they add up. */
export function texts(
  letter: string | null,
  help: string,
  metavar = 'TEXT',
): Option<readonly string[]> {
  return option<readonly string[]>(
    letter,
    help,
    metavar,
    [],
    (given) => given,
    () => {},
  );
}

export interface Range<D> {
  readonly min: number;
  readonly max: number;
  readonly default: D;
  readonly metavar?: string;
}

/** A whole number in decimal digits. */
export function integer<D extends number | undefined>(
  letter: string | null,
  help: string,
  { min, max, default: fallback, metavar = 'N' }: Range<D>,
): Option<number | D> {
  return option<number | D>(
    letter,
    help,
    metavar,
    fallback,
    (texts) => wholeNumber(last(texts)),
    (value) => {
      if (value === undefined) return;
      whole(value);
      inRange(value, min, max);
    },
  );
}

/** A positive number of seconds, fractions allowed. */
export function seconds(letter: string | null, help: string): Option<number | undefined> {
  return option<number | undefined>(
    letter,
    help,
    'S',
    undefined,
    (texts) => {
      const given = last(texts);
      if (!/^(\d+(\.\d*)?|\.\d+)$/.test(given)) {
        throw new UsageError(`must be a number of seconds, not "${given}"`);
      }
      return Number(given);
    },
    (value) => {
      if (value !== undefined && !(value > 0 && value <= MAX_SECONDS)) {
        throw new UsageError(`must be more than 0 and at most ${MAX_SECONDS} seconds`);
      }
    },
  );
}

/** A number of `metavar`, not negative, fractions allowed. */
export function decimal(
  letter: string | null,
  help: string,
  { max, metavar }: { max: number; metavar: string },
): Option<number | undefined> {
  return option<number | undefined>(
    letter,
    help,
    metavar,
    undefined,
    (texts) => {
      const given = last(texts);
      if (!/^(\d+(\.\d*)?|\.\d+)$/.test(given)) {
        throw new UsageError(`must be a number, not "${given}"`);
      }
      return Number(given);
    },
    (value) => {
      if (value !== undefined && !(value >= 0 && value <= max)) {
        throw new UsageError(`must be from 0 to ${max}, not ${value}`);
      }
    },
  );
}

/** Whole numbers separated by commas; given more than once, they add up. */
export function integers(
  letter: string | null,
  help: string,
  { min, max, metavar }: { min: number; max: number; metavar: string },
): Option<readonly number[]> {
  return option<readonly number[]>(
    letter,
    help,
    `${metavar},...`,
    [],
    (texts) => texts.flatMap((list) => list.split(',').map(wholeNumber)),
    (values) => {
      for (const value of values) {
        whole(value);
        inRange(value, min, max);
      }
    },
  );
}

/** Whose events count: for tools whose BPF object includes scope.bpf.h. `open` applies them. */
export const scope = {
  pid: integers('p', 'only these processes', { min: 1, max: 4194304, metavar: 'PID' }),
  cgroup: text(null, 'only this cgroup (a v2 directory) and those below it', 'PATH'),
};

/** For tools that report again and again: `run` gets a tick each interval. */
export const intervals = {
  interval: seconds(null, 'report each S seconds; without it once, at the end'),
  count: integer(null, 'end after N intervals', {
    min: 1,
    max: 2 ** 31,
    default: undefined,
  }),
  timestamp: flag('T', 'print the time above each interval'),
};

/** For tools whose text can be a picture that is drawn anew each interval, of one second unless another is asked for. */
export const live = flag(null, 'a heatmap of latency over time, for a terminal');

/** Throws UsageError where there is a number of intervals and no interval. */
export function checkIntervals(args: {
  interval: number | undefined;
  count: number | undefined;
  live?: boolean;
}): void {
  if (args.count !== undefined && args.interval === undefined && !args.live) {
    throw new UsageError('--count needs an --interval');
  }
}

/** The same option under another letter: BCC's letters differ from tool to tool, long names do not. */
export function lettered<T>(letter: string, option: Option<T>): Option<T> {
  return { ...option, letter };
}

/** Throws UsageError when more than one of these was given. */
export function exclusive<A extends object>(
  args: A,
  ...names: readonly (keyof A & string)[]
): void {
  const given = names.filter((name) => args[name] !== undefined && args[name] !== false);
  if (given.length < 2) return;
  const [first, second] = given.map((name) => `--${longName(name)}`);
  throw new UsageError(`${first} and ${second} exclude each other`);
}

/** `--kebab-case` of a camelCase key, without the dashes. */
export function longName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What every tool takes. `-h` and `-V` belong to the command line alone. */
export const common = {
  duration: seconds(null, 'stop after S seconds'),
  json: flag(null, 'print one JSON object a line'),
  output: text('o', 'write to FILE, which appears when the run is complete', 'FILE'),
  strict: flag(null, 'exit with 4 when anything was lost or missed'),
  overhead: flag(null, 'count what our own programs cost'),
  explain: flag(null, 'say what this run would attach, and stop'),
  plan: text(null, 'attach by this plan of --explain, not by the first that works', 'NAME'),
  verbose: flag(null, 'say more when something fails'),
};

/** setTimeout takes 2^31 - 1 ms at most. */
const MAX_SECONDS = 2_147_483;

function option<T>(
  letter: string | null,
  help: string,
  metavar: string,
  fallback: T,
  parse: (texts: readonly string[]) => T,
  check: (value: T) => void,
): Option<T> {
  return {
    letter,
    help,
    metavar,
    default: fallback,
    check,
    parse(texts) {
      const value = parse(texts);
      check(value);
      return value;
    },
  };
}

function last(texts: readonly string[]): string {
  return texts.at(-1) ?? '';
}

function wholeNumber(given: string): number {
  if (!/^-?\d{1,15}$/.test(given)) throw new UsageError(`must be a whole number, not "${given}"`);
  return Number(given);
}

function whole(value: number): void {
  if (!Number.isInteger(value)) throw new UsageError(`must be a whole number, not ${value}`);
}

function inRange(value: number, min: number, max: number): void {
  if (!(value >= min && value <= max)) {
    throw new UsageError(`must be from ${min} to ${max}, not ${value}`);
  }
}

export type CommonArgs = ArgsOf<typeof common>;

/** All options of a tool, its own first. One of every tool's may be among its own, under a letter of its own. */
export function optionsOf<O extends Options>(definition: {
  readonly options: O;
}): O & typeof common {
  return { ...definition.options, ...common, ...definition.options };
}
