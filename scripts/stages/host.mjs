// @ts-check
import { release } from 'node:os';
import { column, compare, readMatrix } from '../kernels/matrix.mjs';
import { withMatrix } from './outcome.mjs';
import { vitest } from './vitest.mjs';

/**
 * The tests that trace this machine. What those of the kernel tier recorded is held against the matrix, which knows one
 * host: plans are compared where this one runs the same series.
 */
export async function host() {
  const outcome = await vitest('host', { minutes: 30, needsRoot: true })();
  const { host: wanted } = readMatrix();
  const here = column(release(), outcome);
  const known = wanted && series(wanted.release) === series(release());
  const comparison = known
    ? compare('host', here, wanted)
    : compare('host', { ...here, rows: {}, instructions: {} }, NOTHING);
  const other = `plans not compared: the matrix knows the host as ${wanted?.release ?? 'none'}, this is ${release()}`;
  for (const fault of comparison.faults) process.stdout.write(`FAILED ${fault}\n`);
  return { ...withMatrix(outcome, comparison), notes: known ? [] : [other] };
}

/** @type {import('../kernels/matrix.mjs').Column} */
const NOTHING = { release: '', rows: {}, instructions: {}, skips: {} };

/** @param {string} release */
function series(release) {
  return release.split('.', 2).join('.');
}
