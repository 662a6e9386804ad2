// @ts-check
// Who builds: root in somebody else's clone builds as that person, so that nothing there becomes root's.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

export const isRoot = process.geteuid?.() === 0;

/** The clone's owner when we are root and they are not. */
export const owner = isRoot ? somebodyElse() : undefined;

const home = owner?.home ?? process.env.HOME ?? '/';

/**
 * The builder's environment: this very Node first, rustup's directory even if the shell has not
 * read it yet, and nothing that could make npm or nx ask a question.
 */
const environment = {
  ...process.env,
  ...(owner ? { HOME: owner.home, USER: owner.name, LOGNAME: owner.name } : {}),
  PATH: [path.dirname(process.execPath), process.env.PATH, path.join(home, '.cargo/bin')].join(':'),
  CI: '1',
  NX_ISOLATE_PLUGINS: 'false', // plugins in processes of their own cost a cached build 2 s
  NO_COLOR: '1',
};

const builder = {
  cwd: root,
  env: environment,
  ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
};

const ourselves = { cwd: root, env: { ...environment, HOME: process.env.HOME ?? '/' } };

/**
 * Runs a command, without input.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ onLine?: (line: string) => void, minutes?: number, asWeAre?: boolean, env?: Record<string, string> }} [how]
 * `onLine` sees each line of its output as it comes; after `minutes` it is killed; `asWeAre`: root
 * stays root
 * @returns {Promise<{ status: number | null, output: string }>} status null: it did not start or was killed
 */
export function run(program, args, { onLine, minutes = 60, asWeAre = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...(asWeAre ? ourselves : builder),
      env: { ...(asWeAre ? ourselves : builder).env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: minutes * 60_000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let rest = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (/** @type {string} */ text) => {
        output += text;
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        if (onLine) lines.forEach(onLine);
      });
    }
    child.on('error', (error) => resolve({ status: null, output: output + error.message }));
    child.on('close', (status) => resolve({ status, output }));
  });
}

/**
 * What a short command prints, as the builder; undefined when it fails.
 * @param {string} program
 * @param {readonly string[]} args
 */
export function answer(program, args) {
  const { status, stdout } = spawnSync(program, args, {
    ...builder,
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Is there such a program for the builder?
 * @param {string} program
 */
export function onPath(program) {
  // Administrators' programs are not on every user's PATH.
  return [...environment.PATH.split(':'), '/usr/sbin', '/sbin'].some((directory) => {
    try {
      accessSync(path.join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function somebodyElse() {
  const { uid, gid } = statSync(root);
  if (uid === 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[2] === String(uid));
  const [name = String(uid), , , , , home = '/'] = line?.split(':') ?? [];
  return { uid, gid, name, home };
}
