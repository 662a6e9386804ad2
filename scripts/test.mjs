// @ts-check
// `npm test`: sets up, then runs each stage, or those that are named: `npm test -- unit host`.
import { setUp } from './setup/set-up.mjs';
import { btf } from './stages/btf.mjs';
import { cargo } from './stages/cargo.mjs';
import { check } from './stages/check.mjs';
import { host } from './stages/host.mjs';
import { failure } from './stages/outcome.mjs';
import { failureLines, stageLines } from './stages/summary.mjs';
import { vitest } from './stages/vitest.mjs';
import { vm } from './stages/vm.mjs';

/**
 * What runs after what; stages of one step run at once. The host's tests wait most of the time, and guests have kernels
 * of their own.
 * @type {Record<string, () => Promise<import('./stages/outcome.mjs').Outcome>>[]}
 */
const STEPS = [
  { check },
  { cargo },
  { unit: vitest('unit', { minutes: 10 }) },
  { btf },
  { host, vm },
  { page: vitest('page', { minutes: 5 }) },
  { clone: vitest('clone', { minutes: 20, needsRoot: true }) },
];

const names = process.argv.slice(2);
const began = performance.now();
/** @type {{ stage: string, outcome: import('./stages/outcome.mjs').Outcome }[]} */
const stages = [];
/** @type {string[]} */
const summary = [];
const known = STEPS.flatMap(Object.keys);
const unknown = names.find((name) => !known.includes(name));
if (unknown) {
  const cause = `there is no such stage, but ${known.join(', ')}`;
  stages.push({ stage: 'npm test', outcome: failure(unknown, cause) });
} else if (!(await setUp('npm test', { tests: true }))) {
  stages.push({ stage: 'npm test', outcome: failure('set-up', 'failed') });
} else {
  for (const step of STEPS) {
    const asked = Object.entries(step).filter(
      ([stage]) => names.length === 0 || names.includes(stage),
    );
    await Promise.all(asked.map(([stage, body]) => timed(stage, body)));
  }
}

/** @param {string} stage @param {() => Promise<import('./stages/outcome.mjs').Outcome>} body */
async function timed(stage, body) {
  process.stdout.write(`\n== ${stage}\n`);
  const start = performance.now();
  const outcome = await body();
  const lines = stageLines(stage, outcome, (performance.now() - start) / 1000);
  process.stdout.write(`${lines.join('\n')}\n`);
  summary.push(...lines);
  stages.push({ stage, outcome });
}

const failed = stages.reduce((sum, { outcome }) => sum + outcome.failed.length, 0);
const passed = stages.reduce((sum, { outcome }) => sum + outcome.passed, 0);
const minutes = ((performance.now() - began) / 60_000).toFixed(1);
process.stdout.write(`\n${summary.map((line) => `${line}\n`).join('')}in ${minutes} minutes\n`);
process.stdout.write(
  failureLines(stages)
    .map((line) => `${line}\n`)
    .join(''),
);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
