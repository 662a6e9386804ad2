/** What the verifier refused. */
export interface Rejection {
  /** In its own words. */
  readonly check: string;
  /** `file.c:12 "source"`, without the file where this kernel does not tell; undefined without debug information. */
  readonly source?: string;
}

/** The check that failed, and the line of C that it failed at, from a verifier's log; undefined where it says neither. */
export function rejection(log: string): Rejection | undefined {
  const all = log.trimEnd().split('\n');
  // From 7.1 on some checks are explained at length below the verdict.
  const explained = all.findIndex((line) => line.startsWith('Verification failed: '));
  const lines = explained === -1 ? all : all.slice(0, explained);
  let at = lines.findLastIndex(isVerdict);
  if (at === -1) return undefined;
  // Of an access out of bounds the line before tells sizes, this one only which way it went.
  if (at > 0 && /^R\d+ .*outside/.test(lines[at] as string) && isVerdict(lines[at - 1] as string)) {
    at--;
  }
  const check = lines[at] as string;
  const source = sourceOf(lines, placeOf(check, lines, at));
  return source ? { check: check.replace(/ at insn \d+$/, ''), source } : { check };
}

/** Not an instruction, a source line, a state of registers or a statistic. */
function isVerdict(line: string): boolean {
  return (
    line !== '' &&
    !/^(;|\d+: |R\d+(_\w+)?=|\s|fp-\d+|from \d+ to |(cur|old) state:|parent |last_idx |regs=|mark_precise|frame\d+)/.test(
      line,
    ) &&
    !/^(processed |verification time|stack depth |subprog \d+ |max_states|Global function|Func#)/.test(
      line,
    )
  );
}

/** The line of the log at which what the check is about stands. */
function placeOf(check: string, lines: readonly string[], at: number): number {
  const instruction = /\binsn (\d+)$/.exec(check)?.[1];
  const wanted = /^BPF program is too large/.test(check)
    ? undefined
    : /stack size/.test(check)
      ? // Known when all is verified: the deepest call is what can be told of it.
        /^\d+: \(85\) call pc/
      : instruction && new RegExp(`^${instruction}: `);
  if (!wanted) return at;
  const found = lines.findLastIndex((line) => wanted.test(line));
  return found === -1 ? at : found;
}

function sourceOf(lines: readonly string[], before: number): string | undefined {
  const line = lines.slice(0, before).findLast((text) => text.startsWith('; '));
  // `; text @ file.c:12` since 6.9, `; text` before.
  const [, text, place] = /^; (.*?)(?: @ (\S+:\d+))?$/.exec(line ?? '') ?? [];
  if (text === undefined) return undefined;
  return place ? `${place} "${text.trim()}"` : `"${text.trim()}"`;
}
