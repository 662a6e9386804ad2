// @ts-check
// npm run kernels: runs the kernel tier on this host and on every kernel of the matrix, and writes what they did to
// docs/kernels.json and docs/kernels.md. What differs from before is for the reviewer of the commit.
import { release } from 'node:os';
import { column, writeMatrix } from './kernels/matrix.mjs';
import { setUp } from './setup/set-up.mjs';
import { vitest } from './stages/vitest.mjs';
import { vm } from './stages/vm.mjs';

/** @type {import('./kernels/matrix.mjs').Matrix} */
const matrix = {};
if (await setUp('npm run kernels', { tests: true })) {
  const outcome = await vitest('host', { minutes: 15, needsRoot: true, files: ['test/kernel/'] })();
  const { failed } = await vm(matrix);
  writeMatrix({ ...matrix, host: column(release(), outcome) });
  process.stdout.write(`${failed + outcome.failed} failed or changed; see git diff docs\n`);
} else {
  process.exitCode = 1;
}
