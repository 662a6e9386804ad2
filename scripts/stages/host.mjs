// @ts-check
import { release } from 'node:os';
import { column, compare, readMatrix } from '../kernels/matrix.mjs';
import { vitest } from './vitest.mjs';

/** The tests that trace this machine; what those of the kernel tier recorded is held against the matrix. */
export async function host() {
  const outcome = await vitest('host', { minutes: 20, needsRoot: true })();
  const wanted = readMatrix().host;
  if (!wanted || series(wanted.release) !== series(release())) {
    const known = wanted?.release ?? 'none';
    process.stdout.write(
      `host: plans not compared: the matrix has ${known}, this is ${release()}\n`,
    );
    return outcome;
  }
  const { compared, faults } = compare('host', column(release(), outcome), wanted);
  for (const fault of faults) process.stdout.write(`FAILED ${fault}\n`);
  return {
    ...outcome,
    passed: outcome.passed + compared - faults.length,
    failed: outcome.failed + faults.length,
  };
}

/** @param {string} release */
function series(release) {
  return release.split('.', 2).join('.');
}
