// @ts-check

/**
 * A test that failed or was skipped, and why.
 * @typedef {{ name: string, cause: string, kernel?: string }} Case `kernel`: of a stage that runs on several
 */

/**
 * What a stage of `npm test` came to.
 * @typedef {{ passed: number, failed: Case[], skipped: Case[], notes?: string[], recorded?: Recorded }} Outcome
 * `notes`: lines for the end of the run
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
 * @param {string} name
 * @param {string} cause
 * @returns {Outcome}
 */
export function failure(name, cause) {
  process.stdout.write(`${name}: ${cause}\n`);
  return { passed: 0, failed: [{ name, cause }], skipped: [] };
}

/**
 * The same outcome, with `compared` cells of docs/kernels.json as tests of their own.
 * @param {Outcome} outcome
 * @param {{ compared: number, faults: string[] }} comparison
 * @returns {Outcome}
 */
export function withMatrix(outcome, { compared, faults }) {
  const name = 'docs/kernels.json';
  return {
    ...outcome,
    passed: outcome.passed + compared - faults.length,
    failed: [...outcome.failed, ...faults.map((cause) => ({ name, cause }))],
  };
}

/**
 * A stage that died, or failed without a failed test, or ran nothing, has failed once.
 * @param {Outcome} outcome
 * @param {number | null} status the exit status of what ran it
 * @param {string} name
 * @returns {Outcome}
 */
export function accountable(outcome, status, name) {
  if (outcome.failed.length > 0) return outcome;
  const cause =
    status === null
      ? 'was killed or did not start'
      : status !== 0
        ? `exited ${status} without a failed test`
        : outcome.passed === 0
          ? 'ran nothing'
          : undefined;
  return cause ? { ...outcome, failed: failure(name, cause).failed } : outcome;
}
