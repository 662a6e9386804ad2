// @ts-check
import { rmSync } from 'node:fs';
import path from 'node:path';
import { column, compare, readMatrix } from '../kernels/matrix.mjs';
import { root, run } from '../setup/builder.mjs';
import { failure, withMatrix } from './outcome.mjs';
import { vitest } from './vitest.mjs';

/** Guests at a time: a test waits for the kernel as often as it works. */
const GUESTS = 2;

/** @typedef {import('@probekit/core/testing').Kernel} Kernel */
/** @typedef {import('./outcome.mjs').Outcome} Outcome */

/**
 * The bodies of the kernel tier on every kernel of the matrix, and what they recorded beside what docs/kernels.json says.
 * @returns {Promise<Outcome>}
 */
export async function vm() {
  const matrix = readMatrix();
  return inGuests((kernel, outcome, lines) => {
    const did = column(path.basename(kernel.modules), outcome);
    const comparison = compare(kernel.name, did, matrix[kernel.name]);
    lines.push(...comparison.faults.map((fault) => `FAILED ${fault}`));
    return withMatrix(outcome, comparison);
  });
}

/**
 * Runs the kernel tier in a guest of each kernel, or of those that are named. A kernel that cannot be had has failed
 * once.
 * @param {(kernel: Kernel, outcome: Outcome, lines: string[]) => Outcome} judge what its outcome comes to; it may add lines
 * @param {readonly string[]} names
 * @returns {Promise<Outcome>}
 */
export async function inGuests(judge, names = []) {
  const script = path.join(root, 'scripts/stages/guests.mjs');
  const { status, output } = await run(process.execPath, [script, ...names], { minutes: 10 });
  if (status !== 0) return failure('guests', `there are none to be had\n${output}`);
  /** @type {import('./guests.mjs').Guests} */
  const { image, kernels, missing } = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
  const outcomes = missing.map((cause) => failure('guests', cause));
  const notes = [...missing];
  // The newest kernels take longest: with a short one last, no guest runs on alone for minutes.
  const waiting = [...kernels].reverse();
  const guest = async () => {
    for (let kernel = waiting.shift(); kernel; kernel = waiting.shift()) {
      const start = performance.now();
      /** @type {string[]} */
      const lines = [];
      const ran = await vitest(`vm ${kernel.name}`, {
        minutes: 30,
        env: { GUEST: JSON.stringify({ kernel, image }) },
        // Two guests at once would mix theirs.
        onLine: (line) => lines.push(line),
      })();
      const outcome = named(kernel.name, judge(kernel, ran, lines));
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const counts = `${outcome.passed} passed, ${outcome.failed.length} failed in ${seconds} s`;
      const stale = kernel.stale ? `; not Debian's newest: ${kernel.stale}` : '';
      const note = `kernel ${kernel.name} (${path.basename(kernel.modules)}): ${counts}${stale}`;
      process.stdout.write([...lines, note].map((line) => `${line}\n`).join(''));
      notes.push(note);
      outcomes.push(outcome);
    }
  };
  try {
    await Promise.all(Array.from({ length: GUESTS }, guest));
  } finally {
    rmSync(path.dirname(image), { recursive: true, force: true });
  }
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.flatMap(({ failed }) => failed),
    skipped: outcomes.flatMap(({ skipped }) => skipped),
    notes,
  };
}

/**
 * @param {string} kernel
 * @param {Outcome} outcome
 * @returns {Outcome}
 */
function named(kernel, { failed, skipped, ...rest }) {
  const on = (/** @type {import('./outcome.mjs').Case} */ test) => ({ ...test, kernel });
  return { ...rest, failed: failed.map(on), skipped: skipped.map(on) };
}
