// Runs tools as commands in this process, any number at a time, each as if it were alone in a process of its own. Asked
// by lines of JSON on standard input (Asked), it answers by lines on standard output (Told). Arguments: none.
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

/** A command begins, or gets a signal. */
export type Asked =
  | { readonly id: number; readonly command: string; readonly argv: readonly string[] }
  | { readonly id: number; readonly signal: NodeJS.Signals };

/** Something that a command printed, or its end. */
export type Told =
  | { readonly id: number; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly id: number; readonly code: number };

interface Run {
  readonly id: number;
  readonly signals: EventEmitter;
}

type Listener = (...args: unknown[]) => void;

const require = createRequire(import.meta.url);
const current = new AsyncLocalStorage<Run>();
const running = new Map<number, Run>();
const write = process.stdout.write.bind(process.stdout);
const tell = (told: Told) => void write(`${JSON.stringify(told)}\n`);

// Each run listens.
process.setMaxListeners(0);
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

/** `command`: a package's dist/command.cjs, as its bin loads it. */
async function start(id: number, command: string, argv: readonly string[]) {
  const { main } = require(command) as { main(): Promise<number> };
  const run = { id, signals: new EventEmitter() };
  running.set(id, run);
  // Read before main() returns.
  process.argv = [process.execPath, command, ...argv];
  const code = await current.run(run, main);
  running.delete(id);
  tell({ id, code });
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as Asked;
  if ('command' in asked) {
    void start(asked.id, asked.command, asked.argv);
  } else {
    const run = running.get(asked.id);
    if (run) current.run(run, () => run.signals.emit(asked.signal, asked.signal));
  }
}
process.exitCode = 0;
