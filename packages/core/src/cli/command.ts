import { type BpfError, isToolError, ToolError } from '../errors.js';
import { escapeText } from '../escape.js';
import { hintFor } from '../hints.js';
import { jsonError } from '../render/json.js';
import { onSignals } from './signals.js';

/** What a running command has learned from its command line. */
export interface CommandState {
  /** Aborted when the run is to end: a signal, or a reader that went away. */
  readonly stop: AbortController;
  /** Print logs and stack traces behind an error's line. */
  verbose: boolean;
  /** Errors are also a JSON record on standard output. */
  json: boolean;
}

/**
 * Runs `body` as a process does: signals end it normally, and an error becomes one line on standard error and an exit
 * code. Resolves to that code, the body's own or 0, which is the process's from then on.
 */
export async function command(
  name: string,
  body: (state: CommandState) => Promise<number | undefined>,
): Promise<number> {
  const state: CommandState = { stop: new AbortController(), verbose: false, json: false };
  const restore = onSignals(state.stop);
  onBrokenStreams(name);
  // Node would end in silence when nothing is left that could end the work.
  const stalled = () => {
    process.exitCode = fail(
      name,
      new Error('nothing is left to wait for, and it has not ended'),
      state,
    );
  };
  process.once('beforeExit', stalled);
  let exit = 0;
  try {
    exit = (await body(state)) ?? 0;
  } catch (error) {
    exit = fail(name, isOutOfFiles(error) ? tooManyFiles(error) : error, state);
  } finally {
    restore();
    process.off('beforeExit', stalled);
  }
  // A stream that broke has set one already.
  if (exit !== 0) process.exitCode = exit;
  return exit;
}

/** A reader that went away is no failure; a disk that is full is. Nobody is left to hear of standard error's. */
function onBrokenStreams(name: string): void {
  let said = false;
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || said) return;
    said = true;
    process.exitCode = 1;
    process.stderr.write(`${name}: cannot write standard output: ${code}\n`);
  });
}

/** Node's own, from wherever a file is opened. */
function isOutOfFiles(error: unknown): boolean {
  return !isToolError(error) && (error as NodeJS.ErrnoException | undefined)?.code === 'EMFILE';
}

function tooManyFiles(cause: unknown): ToolError {
  const hint = hintFor({ code: 'EMFILE', capabilities: [] });
  return new ToolError(`EMFILE: too many open files; ${hint}`, 1, { cause });
}

function fail(name: string, error: unknown, { verbose, json }: CommandState): number {
  const { stack = '', message } = error instanceof Error ? error : new Error(String(error));
  const expected = isToolError(error);
  const shown = expected ? message : `internal error: ${message}`;
  process.stderr.write(`${oneLine(`${name}: ${shown}`)}\n`);
  const bpf = expected && error.name === 'BpfError' ? (error as BpfError) : undefined;
  const more = expected ? bpf?.verifierLog : stack;
  if (verbose && more) process.stderr.write(`${more.trimEnd()}\n`);
  const exit = expected ? error.exitCode : 1;
  if (json)
    process.stdout.write(jsonError({ message: shown, ...(bpf ? { code: bpf.code } : {}), exit }));
  return exit;
}

/** At most 160 columns: what does not fit loses its middle, since the way out stands last. */
function oneLine(message: string): string {
  const line = escapeText(message);
  return line.length <= 160 ? line : `${line.slice(0, 78)} ... ${line.slice(-77)}`;
}
