import { UsageError } from '@probekit/core';

/** What the command line names: functions of the kernel, or of a program or library. */
export interface Pattern {
  readonly text: string;
  /** As it was given before the colon; empty: the program of the process. undefined: the kernel. */
  readonly binary: string | undefined;
  /** After it. */
  readonly functions: string;
  readonly isExact: boolean;
  matches(name: string): boolean;
}

/** Throws UsageError for what is no pattern. */
export function parsePattern(text: string, isRegexp: boolean): Pattern {
  const colon = text.lastIndexOf(':');
  const binary = colon < 0 ? undefined : text.slice(0, colon);
  const functions = text.slice(colon + 1);
  if (functions === '') throw new UsageError(`"${text}" names no function`);
  if (binary?.endsWith(':')) {
    throw new UsageError(`"${text}": functions of C++ go by their symbols, as _ZNSs6appendEPKc`);
  }
  const isExact = !isRegexp && !/[*?[]/.test(functions);
  const expression = isRegexp ? regexp(functions) : glob(functions);
  return {
    text,
    binary,
    functions,
    isExact,
    matches: isExact ? (name) => name === functions : (name) => expression.test(name),
  };
}

/** As BCC has it: it must match from the start of the name. */
function regexp(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})`);
  } catch (error) {
    throw new UsageError(`"${text}" is no regular expression: ${(error as Error).message}`);
  }
}

/** glob(7) of one word. */
function glob(text: string): RegExp {
  const parts = text.replace(/\[(!?)([^\]]+)\]|[\s\S]/g, (part, not: string, set: string) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
    if (part === '*') return '.*';
    if (part === '?') return '.';
    return part.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  });
  return new RegExp(`^${parts}$`);
}
