import { type Rejection, rejection } from './rejection.js';

/** Exit codes of every tool: 0 done, 4 data was lost and `--strict` was given, and the codes below. */
export type ExitCode = 1 | 2 | 3;

/** Of every copy of ToolError in a process. */
const BRAND = Symbol.for('probekit.ToolError');

/** Anything that ends a run with one line for the user. */
export class ToolError extends Error {
  override readonly name: string = 'ToolError';
  readonly [BRAND] = true;
  constructor(
    message: string,
    /** 1 failed, 2 wrong usage, 3 this kernel or these capabilities cannot. */
    readonly exitCode: ExitCode = 1,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Also of another copy of this class: a command's bundle holds core, and a library that it loads when it needs it
 * brings another.
 */
export function isToolError(error: unknown): error is ToolError {
  return error instanceof Error && BRAND in error;
}

/** Wrong without asking the machine: syntax, range, conflict. */
export class UsageError extends ToolError {
  override readonly name = 'UsageError';
  constructor(message: string) {
    super(message, 2);
  }
}

export interface BpfErrorFields {
  /** errno's name, `ECLOSED` after close. */
  readonly code: string;
  /** What was done: open, configure, load, attach, map, ring, symbolize, btf, probe, perf_event_open. */
  readonly op: string;
  /** File name of the BPF object. */
  readonly object?: string;
  /** The program, map or path it was done to. */
  readonly subject?: string;
  readonly detail?: string;
  /** What would make it work. */
  readonly hint?: string;
  /** The verifier's whole log, for `--verbose`. */
  readonly verifierLog?: string;
}

/** A failure at the kernel's side. The message is one line; `verifierLog` has the rest. */
export class BpfError extends ToolError {
  override readonly name = 'BpfError';
  readonly code: string;
  readonly op: string;
  readonly object: string | undefined;
  readonly subject: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly verifierLog: string | undefined;

  constructor(fields: BpfErrorFields, options?: ErrorOptions) {
    super(
      describe(fields),
      ASKS_KERNEL.has(fields.op) && REFUSED.has(fields.code) ? 3 : 1,
      options,
    );
    this.code = fields.code;
    this.op = fields.op;
    this.object = fields.object;
    this.subject = fields.subject;
    this.detail = fields.detail;
    this.hint = fields.hint;
    this.verifierLog = fields.verifierLog;
  }
}

/** What an error was made of, to make another of it. */
export function fieldsOf(error: BpfError): BpfErrorFields {
  const { code, op, object, subject, detail, hint, verifierLog } = error;
  return {
    code,
    op,
    ...(object ? { object } : {}),
    ...(subject ? { subject } : {}),
    ...(detail ? { detail } : {}),
    ...(hint ? { hint } : {}),
    ...(verifierLog ? { verifierLog } : {}),
  };
}

/** Where those codes are the kernel's verdict; elsewhere they are about a file or an argument. */
const ASKS_KERNEL = new Set([
  'load',
  'attach',
  'symbolize',
  'btf',
  'probe',
  'perf_event_open',
  'stats',
]);
const REFUSED = new Set([
  'EPERM',
  'EACCES',
  'EOPNOTSUPP',
  'ENOTSUPP',
  'ENOSYS',
  'EINVAL',
  'ENOENT',
  'ENODEV',
  'ESRCH',
]);

function describe({ code, op, subject, detail, hint, verifierLog }: BpfErrorFields): string {
  let line = op;
  if (subject) line += ` of "${subject}"`;
  line += ` failed: ${code}`;
  const rejected = verifierLog && rejection(verifierLog);
  if (rejected) line += `: ${fit(rejected, WIDEST - line.length)}; --verbose shows the log`;
  else if (detail) line += `: ${detail}`;
  if (hint) line += `; ${hint}`;
  return line;
}

/** What a line may hold besides the tool's name and the way to the log: 160 columns in all. */
const WIDEST = 115;
/** Less than so much of a source line's text says nothing. */
const LEAST_SOURCE = 16;

function fit({ check, source }: Rejection, room: number): string {
  if (!source) return cut(check, room);
  const place = /^\S+:\d+/.exec(source)?.[0];
  const least = place?.length ?? Math.min(source.length, LEAST_SOURCE);
  const shown = cut(check, room - ' at '.length - least);
  const left = room - shown.length - ' at '.length;
  return `${shown} at ${place && left < place.length + LEAST_SOURCE ? place : cut(source, left)}`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 3))}...`;
}
