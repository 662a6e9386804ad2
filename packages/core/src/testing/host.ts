import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import type { Finished, Machine, Started, StartOptions } from './machine.js';

/** This machine. */
export const host: Machine = {
  kernel: release(),
  start: startProcess,
  run: (command, options) => startProcess(command, options).done,
  read: (file) => readFile(file, 'utf8'),
};

function startProcess(command: readonly string[], options: StartOptions = {}): Started {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ? { ...process.env, ...options.env } : process.env,
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  const heard = () => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    heard();
  });
  child.stdin.on('error', () => {});
  if (options.input !== undefined) child.stdin.end(options.input);

  let ended = false;
  const done = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      ended = true;
      resolve({ code, signal, stdout, stderr });
      heard();
    });
  });
  return {
    pid: child.pid ?? 0,
    done,
    signal: (signal) => void child.kill(signal),
    write: (text) => void child.stdin.write(text),
    waitFor(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(stdout) ?? pattern.exec(stderr);
          if (!match && !ended) return;
          watchers.delete(look);
          if (match) resolve(match);
          else
            reject(new Error(`${file} ended before ${pattern}: ${stderr.trim() || stdout.trim()}`));
        };
        watchers.add(look);
        look();
      });
    },
  };
}
