// @ts-check
// npm run vm -- --kernel 6.1 -- COMMAND: runs one command in a guest of that kernel, in this directory as the guest has
// it, and ends as it ends; without a command, a shell.
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { root } from './setup/builder.mjs';
import { setUp } from './setup/set-up.mjs';

/**
 * A shell: on a terminal of the guest's own, as large as the one here, or one that reads commands.
 * @param {NodeJS.WriteStream} terminal
 */
function shell({ isTTY, rows, columns }) {
  if (!isTTY) return ['bash', '--norc'];
  const start = `stty rows ${rows} cols ${columns}; PS1="$(uname -r)# " exec bash --norc -i`;
  return ['script', '--quiet', '--return', '--command', start, '/dev/null'];
}

/** @typedef {NodeJS.Signals} Signal */

/**
 * @param {string | undefined} name
 * @param {readonly string[]} words
 * @returns {Promise<number>} the command's exit code; of one that a signal ended, what a shell makes of it
 */
async function main(name, words) {
  if (!(await setUp('npm run vm', { tests: true }))) return 1;
  const { boot, buildImage, connectGuest, getKernel, KERNELS, kernelNamed } = await import(
    '@probekit/core/testing'
  );
  if (name === undefined) {
    const names = KERNELS.map((kernel) => kernel.name).join('|');
    throw new Error(`usage: npm run vm -- --kernel ${names} [-- COMMAND ...]`);
  }
  const kernel = await getKernel(kernelNamed(name).name);
  if (kernel.stale) process.stderr.write(`vm: not Debian's newest: ${kernel.stale}\n`);
  const image = buildImage(root, [kernel]);
  const { socket, close } = await boot(kernel, image.file).finally(image.remove);
  try {
    const guest = await connectGuest(kernel.name, socket);
    const isShell = words.length === 0;
    const started = guest.start(isShell ? shell(process.stdout) : words, {
      cwd: root,
      env: { TERM: process.env.TERM ?? 'dumb' },
      onOutput: (stream, text) => void process[stream].write(text),
    });
    for (const signal of /** @type {Signal[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => started.signal(signal));
    }
    // The guest's terminal edits the line, and makes a signal of ^C.
    if (isShell && process.stdout.isTTY && process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.setEncoding('utf8').on('data', (text) => started.write(`${text}`));
    process.stdin.on('end', () => started.write(null));
    const { code, signal } = await started.done;
    return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  } finally {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.destroy();
    await close();
  }
}

try {
  const { values, positionals } = parseArgs({
    options: { kernel: { type: 'string' } },
    allowPositionals: true,
  });
  process.exitCode = await main(values.kernel, positionals);
} catch (error) {
  process.stderr.write(`vm: ${/** @type {Error} */ (error).message}\n`);
  process.exitCode = 2;
}
