import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { JvmAnswer, Symbolizer } from '@probekit/core';

interface Args {
  readonly pid: readonly number[];
  readonly tid: readonly number[];
  readonly cgroup: string | undefined;
  readonly noJava: boolean;
}

/** A JVM answers within milliseconds, unless it hangs. */
const TIMEOUT_MS = 2000;

/**
 * The names of what JVMs have compiled, which only they know: asked for when a run begins, since a method may be gone
 * at its end, and again when it ends. What both tell is kept in the symbolizer.
 */
export class JavaNames {
  private readonly begun: Promise<unknown>;

  /** Asks the JVMs in scope. Nobody waits for their answers before the end. */
  constructor(
    private readonly symbolizer: Symbolizer,
    private readonly args: Args,
  ) {
    // What fails now is told when they are asked again.
    this.begun = args.noJava
      ? Promise.resolve()
      : symbolizer.askJvms(pidsInScope(args), TIMEOUT_MS).catch(() => {});
  }

  /** Asks those that have samples again; undefined where nobody was to be asked. */
  async end(pids: readonly number[]): Promise<ReadonlyMap<number, JvmAnswer> | undefined> {
    await this.begun;
    if (this.args.noJava) return undefined;
    const answers = await this.symbolizer.askJvms(pids, TIMEOUT_MS);
    return new Map(answers.map((answer) => [answer.pid, answer]));
  }
}

/** Processes that a run can have samples of, as they are now. */
function pidsInScope({ pid, tid, cgroup }: Args): number[] {
  if (pid.length > 0) return [...pid];
  if (tid.length > 0) return [...new Set(tid.flatMap(processOf))];
  if (cgroup !== undefined) return members(cgroup);
  return entries('/proc')
    .map(({ name }) => Number(name))
    .filter(isPid);
}

function processOf(tid: number): number[] {
  const status = read(`/proc/${tid}/status`);
  const tgid = /^Tgid:\s*(\d+)/m.exec(status)?.[1];
  return tgid ? [Number(tgid)] : [];
}

/** Of a cgroup and those below it. */
function members(directory: string): number[] {
  const own = read(path.join(directory, 'cgroup.procs')).split('\n').map(Number);
  const below = entries(directory).filter((entry) => entry.isDirectory());
  return [
    ...own.filter(isPid),
    ...below.flatMap(({ name }) => members(path.join(directory, name))),
  ];
}

function isPid(n: number): boolean {
  return Number.isInteger(n) && n > 0;
}

function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
