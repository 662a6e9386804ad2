// @ts-check
// npm run kernels: runs the kernel tier on this host and on every kernel of the matrix, and where all of it passes,
// writes what they did to docs/kernels.json and docs/kernels.md. What differs is for the reviewer of the commit.
import { release } from 'node:os';
import path from 'node:path';
import { column, writeMatrix } from './kernels/matrix.mjs';
import { setUp } from './setup/set-up.mjs';
import { BTF } from './stages/btf.mjs';
import { vitest } from './stages/vitest.mjs';
import { inGuests } from './stages/vm.mjs';

if (await setUp('npm run kernels', { tests: true })) {
  /** @type {import('./kernels/matrix.mjs').Matrix} */
  const matrix = {};
  const guests = await inGuests((kernel, outcome) => {
    matrix[kernel.name] = column(path.basename(kernel.modules), outcome);
    return outcome;
  });
  const here = await vitest('host', { minutes: 15, needsRoot: true, files: ['test/kernel/'] })();
  const types = await vitest(BTF, { minutes: 10 })();
  const failed = guests.failed + here.failed + types.failed;
  if (failed === 0) {
    writeMatrix({ ...matrix, host: column(release(), here), [BTF]: column('', types) });
  }
  process.stdout.write(
    failed === 0 ? 'docs/kernels.* are written\n' : `${failed} failed: nothing is written\n`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
} else {
  process.exitCode = 1;
}
