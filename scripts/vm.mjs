// @ts-check
// npm run vm -- --kernel 6.1 -- COMMAND: runs one command in a guest of that kernel, in this directory as the guest has
// it, and ends as it ends; without a command, a shell.
import { parseArgs } from 'node:util';
import {
  boot,
  buildImage,
  connectGuest,
  getKernel,
  KERNELS,
  kernelNamed,
} from '@probekit/core/testing';
import { root } from './setup/builder.mjs';

const USAGE = `usage: npm run vm -- --kernel ${KERNELS.map(({ name }) => name).join('|')} [-- COMMAND ...]`;
/** A shell as a person expects it, as far as pipes go: the terminal here edits the line. */
const SHELL = [
  'bash',
  '--norc',
  '-c',
  'exec env PS1="$(uname -r)# " bash --norc --noediting -i 2>&1',
];

/** @param {string} name @param {readonly string[]} command */
async function main(name, command) {
  const kernel = await getKernel(kernelNamed(name).name);
  const image = buildImage(root, [kernel]);
  const { socket, close } = await boot(kernel, image.file);
  try {
    const guest = await connectGuest(kernel.name, socket);
    const started = guest.start(command.length > 0 ? command : SHELL, {
      cwd: root,
      ...(command.length > 0 ? { input: '' } : {}),
      onOutput: (stream, text) => void process[stream].write(text),
    });
    if (command.length === 0) {
      process.stdin.setEncoding('utf8').on('data', (text) => started.write(`${text}`));
      process.stdin.on('end', () => started.write(null));
    }
    const { code, signal } = await started.done;
    if (signal) process.stderr.write(`ended by ${signal}\n`);
    process.exitCode = code ?? 1;
  } finally {
    process.stdin.destroy();
    await close();
    image.remove();
  }
}

try {
  const { values, positionals } = parseArgs({
    options: { kernel: { type: 'string' } },
    allowPositionals: true,
  });
  if (values.kernel === undefined) throw new Error(USAGE);
  await main(values.kernel, positionals);
} catch (error) {
  process.stderr.write(`vm: ${/** @type {Error} */ (error).message}\n`);
  process.exitCode = 2;
}
