import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import type { Machine, Started, StartOptions } from './machine.js';
import { Transcript } from './transcript.js';

/** This machine. */
export const host: Machine = {
  name: 'host',
  kernel: release(),
  start: startProcess,
  run: (command, options) => startProcess(command, { input: '', ...options }).done,
  read: (file) => readFile(file, 'utf8'),
  copyIn: async () => {},
};

function startProcess(command: readonly string[], options: StartOptions = {}): Started {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ? { ...process.env, ...options.env } : process.env,
    stdio: 'pipe',
  });
  const transcript = new Transcript(file, options.onOutput);
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => transcript.add(stream, text));
  }
  child.stdin.on('error', () => {});
  if (options.input !== undefined) child.stdin.end(options.input);
  child.on('error', (error) => transcript.fail(error));
  child.on('close', (code, signal) => transcript.end({ code, signal }));
  return {
    pid: child.pid ?? 0,
    done: transcript.done,
    signal: (signal) => void child.kill(signal),
    write: (text) => void (text === null ? child.stdin.end() : child.stdin.write(text)),
    waitFor: (pattern) => transcript.waitFor(pattern),
  };
}
