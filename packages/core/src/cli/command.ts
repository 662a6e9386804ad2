import { BpfError, ToolError } from '../errors.js';
import { escapeText } from '../escape.js';
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
 * code.
 */
export async function command(
  name: string,
  body: (state: CommandState) => Promise<void>,
): Promise<void> {
  const state: CommandState = { stop: new AbortController(), verbose: false, json: false };
  const restore = onSignals(state.stop);
  try {
    await body(state);
  } catch (error) {
    process.exitCode = fail(name, error, state);
  } finally {
    restore();
  }
}

function fail(name: string, error: unknown, { verbose, json }: CommandState): number {
  if (!(error instanceof ToolError)) {
    const { stack, message } = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`${name}: internal error: ${oneLine(message)}\n`);
    if (verbose) process.stderr.write(`${stack}\n`);
    return 1;
  }
  process.stderr.write(`${name}: ${oneLine(error.message)}\n`);
  const bpf = error instanceof BpfError ? error : undefined;
  if (verbose && bpf?.verifierLog) process.stderr.write(bpf.verifierLog);
  if (json) {
    const code = bpf ? { code: bpf.code } : {};
    process.stdout.write(jsonError({ message: error.message, ...code, exit: error.exitCode }));
  }
  return error.exitCode;
}

/** At most 160 columns with the command's name: what does not fit loses its middle, since the way out stands last. */
function oneLine(message: string): string {
  const line = escapeText(message);
  return line.length <= 140 ? line : `${line.slice(0, 68)} ... ${line.slice(-67)}`;
}
