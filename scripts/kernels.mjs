// @ts-check
// npm run kernels [-- NAME ...]: runs the kernel tier on this host and on every kernel of the matrix, or on those that are
// named, and writes what each did to docs/kernels.json and docs/kernels.md. Where anything failed, the matrix keeps what
// it has. What differs is for the reviewer of the commit.
import { release } from 'node:os';
import path from 'node:path';
import { column, readMatrix, writeMatrix } from './kernels/matrix.mjs';
import { setUp } from './setup/set-up.mjs';
import { BTF } from './stages/btf.mjs';
import { vitest } from './stages/vitest.mjs';
import { inGuests } from './stages/vm.mjs';

/** @typedef {import('./stages/outcome.mjs').Outcome} Outcome */

/**
 * @param {readonly string[]} names
 * @returns {Promise<number>} how many tests failed
 */
async function record(names) {
  const matrix = readMatrix();
  /** @type {string[]} */
  const kept = [];
  let failed = 0;
  /** @param {string} name @param {string} release @param {Outcome} outcome */
  const keep = (name, release, outcome) => {
    if (outcome.failed.length > 0) kept.push(name);
    else matrix[name] = column(release, outcome);
    return outcome;
  };
  /** @param {string} name */
  const isWanted = (name) => names.length === 0 || names.includes(name);

  const guests = names.filter((name) => name !== 'host' && name !== BTF);
  if (names.length === 0 || guests.length > 0) {
    const outcome = await inGuests(
      (kernel, ran) => keep(kernel.name, path.basename(kernel.modules), ran),
      guests,
    );
    failed += outcome.failed.length;
  }
  if (isWanted('host')) {
    const here = vitest('host', { minutes: 20, needsRoot: true, files: ['test/kernel/'] });
    failed += keep('host', release(), await here()).failed.length;
  }
  if (isWanted(BTF)) failed += keep(BTF, '', await vitest(BTF, { minutes: 10 })()).failed.length;
  writeMatrix(matrix);
  process.stdout.write(
    failed === 0
      ? 'docs/kernels.* are written\n'
      : `${failed} failed; docs/kernels.* are as they were for ${kept.join(', ') || 'what is missing'}\n`,
  );
  return failed;
}

/**
 * @param {readonly string[]} names
 * @returns {Promise<number>} the exit code
 */
async function main(names) {
  if (!(await setUp('npm run kernels', { tests: true }))) return 1;
  const { KERNELS } = await import('@probekit/core/testing');
  const known = [...KERNELS.map(({ name }) => name), 'host', BTF];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return (await record(names)) === 0 ? 0 : 1;
  process.stderr.write(`kernels: no kernel ${unknown}; there are ${known.join(', ')}\n`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
