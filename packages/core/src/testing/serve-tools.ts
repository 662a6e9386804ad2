// Runs tools as commands in this process, any number at a time, each as if it were alone in a process of its own. Asked
// by lines of JSON on standard input (Asked), it answers by lines on standard output (Told). Arguments: none.
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { AnyTool } from '../tool/definition.js';

/** A command begins, or gets a signal. */
export type Asked =
  | { readonly id: number; readonly tool: Exported; readonly argv: readonly string[] }
  | { readonly id: number; readonly signal: NodeJS.Signals };

/** Something that a command printed, or its end. */
export type Told =
  | { readonly id: number; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly id: number; readonly code: number };

/** A tool, by its built module and what that exports it as. */
export interface Exported {
  readonly module: string;
  readonly name: string;
}

interface Run {
  readonly id: number;
  readonly signals: EventEmitter;
}

type Listener = (...args: unknown[]) => void;

// The bundle, whose errors the tools throw.
const bundle = import.meta.resolve('@probekit/core/cli');
const { main } = (await import(bundle)) as typeof import('../cli/index.js');
const current = new AsyncLocalStorage<Run>();
const running = new Map<number, Run>();
const write = process.stdout.write.bind(process.stdout);
const tell = (told: Told) => void write(`${JSON.stringify(told)}\n`);

for (const stream of ['stdout', 'stderr'] as const) {
  const whole = process[stream].write.bind(process[stream]) as (...args: unknown[]) => boolean;
  process[stream].setMaxListeners(0);
  process[stream].write = (text: string | Uint8Array, ...more: unknown[]) => {
    const run = current.getStore();
    if (!run) return whole(text, ...more);
    tell({ id: run.id, stream, text: Buffer.from(text as string).toString() });
    const written = more.at(-1);
    if (typeof written === 'function') written();
    return true;
  };
}

for (const method of ['on', 'off'] as const) {
  const whole = process[method].bind(process) as (event: string, listener: Listener) => unknown;
  process[method] = ((event: string, listener: Listener) => {
    const run = event.startsWith('SIG') ? current.getStore() : undefined;
    if (run) run.signals[method](event, listener);
    else whole(event, listener);
    return process;
  }) as typeof process.on;
}

async function start(id: number, { module, name }: Exported, argv: readonly string[]) {
  const exported = (await import(pathToFileURL(module).href)) as Record<string, AnyTool>;
  const tool = exported[name];
  if (!tool) throw new Error(`${module} has no ${name}`);
  const run = { id, signals: new EventEmitter() };
  running.set(id, run);
  const code = await current.run(run, () => main(tool, argv));
  running.delete(id);
  tell({ id, code });
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as Asked;
  if ('tool' in asked) {
    void start(asked.id, asked.tool, asked.argv);
  } else {
    const run = running.get(asked.id);
    if (run) current.run(run, () => run.signals.emit(asked.signal, asked.signal));
  }
}
process.exitCode = 0;
