// @ts-check

/**
 * What a stage of `npm test` came to.
 * @typedef {{ passed: number, failed: number, skipped: { name: string, cause: string }[], notes?: string[],
 *   recorded?: Recorded }} Outcome `notes`: lines for the end of the run
 */

/**
 * What the bodies of the kernel tier recorded on one kernel: the plan of each row of docs/kernels.md,
 * verified instructions by object and program.
 * @typedef {object} Recorded
 * @property {Record<string, string>} plans
 * @property {Record<string, Record<string, number>>} instructions
 */

/**
 * One failure with its sentence.
 * @param {string} sentence
 * @returns {Outcome}
 */
export function failure(sentence) {
  process.stdout.write(`${sentence}\n`);
  return { passed: 0, failed: 1, skipped: [] };
}

/**
 * A stage that died, or failed without a failed test, or ran nothing, has failed once.
 * @param {Outcome} outcome
 * @param {number | null} status the exit status of what ran it
 * @param {string} name
 * @returns {Outcome}
 */
export function accountable(outcome, status, name) {
  if (outcome.failed > 0) return outcome;
  const cause =
    status === null
      ? 'was killed or did not start'
      : status !== 0
        ? `exited ${status} without a failed test`
        : outcome.passed === 0
          ? 'ran nothing'
          : undefined;
  if (!cause) return outcome;
  process.stdout.write(`${name} ${cause}\n`);
  return { ...outcome, failed: 1 };
}
