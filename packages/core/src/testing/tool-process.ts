import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finished, Machine, Started, StartOptions } from './machine.js';
import type { Asked, Told } from './serve-tools.js';
import { Transcript } from './transcript.js';

/** A process that runs tools as commands, any number at a time. */
export interface ToolProcess {
  /** Known once a tool of it has printed something. */
  readonly pid: number;
  /** Starts what `command` would start in a process of its own: Node, packages/NAME/bin/NAME.cjs and its arguments. */
  start(command: readonly string[], options?: Pick<StartOptions, 'onOutput'>): Started;
  signal(signal: NodeJS.Signals): void;
  /** Ends it when no tool of it runs. */
  end(): Promise<Finished>;
  readonly done: Promise<Finished>;
}

const server = fileURLToPath(new URL('serve-tools.js', import.meta.url));

/** `command`: what starts serve-tools.js, by default as whoever tests. */
export function startToolProcess(
  machine: Machine,
  command: readonly string[] = [process.execPath, server],
): ToolProcess {
  const commands = new Map<number, Transcript>();
  let rest = '';
  const hear = (stream: 'stdout' | 'stderr', text: string) => {
    if (stream === 'stderr') return;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const told = JSON.parse(line) as Told;
      const transcript = commands.get(told.id);
      if ('code' in told) transcript?.end({ code: told.code, signal: null });
      else transcript?.add(told.stream, told.text);
    }
  };
  const serving = machine.start(command, {
    onOutput: hear,
    // Some wait in it, for their rings.
    env: { UV_THREADPOOL_SIZE: '16' },
  });
  const fail = (error: Error) => {
    for (const transcript of commands.values()) transcript.fail(error);
  };
  serving.done.then(({ code, signal, stderr }) => {
    fail(new Error(`the process of tools ended by ${signal ?? code}: ${stderr}`));
  }, fail);
  const ask = (asked: Asked) => serving.write(`${JSON.stringify(asked)}\n`);

  return {
    get pid() {
      return serving.pid;
    },
    done: serving.done,
    signal: serving.signal,
    end() {
      serving.write(null);
      return serving.done;
    },
    start(words, { onOutput } = {}) {
      const tool = toolOf(words);
      if (!tool) throw new Error(`${words.join(' ')} starts no tool`);
      const id = commands.size + 1;
      const transcript = new Transcript(tool.name, onOutput);
      commands.set(id, transcript);
      ask({ id, command: tool.command, argv: words.slice(2) });
      return {
        get pid() {
          return serving.pid;
        },
        done: transcript.done,
        waitFor: (pattern) => transcript.waitFor(pattern),
        write() {},
        signal: (signal) => ask({ id, signal }),
      };
    },
  };
}

/**
 * A machine whose tools run in one process for all of a test file: in a guest the start of a process costs more than
 * the run of a tool. For tests that hold what tools count against what happened; those about the process itself (its
 * capabilities, its signals, what it leaves) need one each. The host is as it is.
 */
export function toolsInOneProcess(machine: Machine): Machine {
  if (machine.name === 'host') return machine;
  let tools: ToolProcess | undefined;
  const start = (command: readonly string[], options: StartOptions = {}): Started => {
    const { env, cwd, input, ...rest } = options;
    const isTool = command[0] === process.execPath && toolOf(command);
    if (!isTool || env || cwd || input) return machine.start(command, options);
    tools ??= startToolProcess(machine);
    return tools.start(command, rest);
  };
  return {
    ...machine,
    start,
    run: (command, options) => start(command, { input: '', ...options }).done,
  };
}

interface Tool {
  readonly name: string;
  /** What its bin loads. */
  readonly command: string;
}

/** By where the bin of a package lies. */
function toolOf([, bin = '']: readonly string[]): Tool | undefined {
  const { dir: directory, name } = path.parse(bin);
  if (path.basename(directory) !== 'bin') return undefined;
  if (!existsSync(bin)) throw new Error(`there is no ${bin}`);
  return { name, command: path.join(directory, '../dist/command.cjs') };
}
