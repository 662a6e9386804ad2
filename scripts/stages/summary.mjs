// @ts-check
// The end of `npm test`: a log that was cut in the middle still says there what failed and why.

/** @typedef {import('./outcome.mjs').Case} Case */
/** @typedef {import('./outcome.mjs').Outcome} Outcome */

/** Of more failures than these there is the name alone: they have one cause, or nobody reads them. */
const EXPLAINED = 25;
const LINES = 12;
const WIDTH = 200;

/**
 * A stage in a line, then its notes and what it skipped.
 * @param {string} stage
 * @param {Outcome} outcome
 * @param {number} seconds
 */
export function stageLines(stage, { passed, failed, skipped, notes = [] }, seconds) {
  const counts = [
    `${passed} passed`,
    `${failed.length} failed`,
    ...(skipped.length > 0 ? [`${skipped.length} skipped`] : []),
  ];
  return [
    `== ${stage}: ${counts.join(', ')} in ${seconds.toFixed(1)} s`,
    ...[...notes, ...skipLines(skipped)].map((line) => `   ${line}`),
  ];
}

/**
 * A line for each test and cause, with the kernels where it was skipped.
 * @param {readonly Case[]} skipped
 */
function skipLines(skipped) {
  /** @type {Map<string, Case & { kernels: string[] }>} */
  const folded = new Map();
  for (const { name, cause, kernel } of skipped) {
    const key = JSON.stringify([name, cause]);
    const line = folded.get(key) ?? { name, cause, kernels: [] };
    if (kernel) line.kernels.push(kernel);
    folded.set(key, line);
  }
  return [...folded.values()].map(({ name, cause, kernels }) => {
    const where = kernels.length > 0 ? ` on ${kernels.sort(byNumber).join(', ')}` : '';
    return `skipped ${name}${where}: ${cause}`;
  });
}

/**
 * Every failed test, with the first lines of its cause.
 * @param {readonly { stage: string, outcome: Outcome }[]} stages
 */
export function failureLines(stages) {
  const failures = stages.flatMap(({ stage, outcome }) =>
    outcome.failed.map(({ name, cause, kernel }) => ({
      title: `FAILED ${kernel ? `${stage} ${kernel}` : stage}: ${bounded(name)}`,
      cause,
    })),
  );
  return failures.flatMap(({ title, cause }, i) =>
    i < EXPLAINED ? [title, ...firstLines(cause)] : [title],
  );
}

/** @param {string} cause */
function firstLines(cause) {
  const lines = cause.split('\n').filter((line) => line.trim() !== '');
  const more = lines.length > LINES ? [`... ${lines.length - LINES} lines more`] : [];
  return [...lines.slice(0, LINES).map(bounded), ...more].map((line) => `  ${line}`);
}

/** @param {string} line */
function bounded(line) {
  return line.length > WIDTH ? `${line.slice(0, WIDTH)}...` : line;
}

/** @param {string} a @param {string} b */
function byNumber(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}
