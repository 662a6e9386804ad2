// @ts-check
// `npm test`: sets up, then runs each stage, or those that are named: `npm test -- unit host`.
import { setUp } from './setup/set-up.mjs';
import { btf } from './stages/btf.mjs';
import { cargo } from './stages/cargo.mjs';
import { check } from './stages/check.mjs';
import { host } from './stages/host.mjs';
import { failure } from './stages/outcome.mjs';
import { vitest } from './stages/vitest.mjs';
import { vm } from './stages/vm.mjs';

/** @type {Record<string, () => Promise<import('./stages/outcome.mjs').Outcome>>} */
const STAGES = {
  check,
  cargo,
  unit: vitest('unit', { minutes: 10 }),
  host,
  btf,
  vm,
  page: vitest('page', { minutes: 5 }),
  clone: vitest('clone', { minutes: 20, needsRoot: true }),
};

const names = process.argv.slice(2);
const began = performance.now();
const outcomes = [];
/** @type {string[]} */
const summary = [];
const unknown = names.find((name) => !(name in STAGES));
if (unknown) {
  outcomes.push(failure(`no stage ${unknown}; there are ${Object.keys(STAGES).join(', ')}`));
} else if (!(await setUp('npm test', { tests: true }))) {
  outcomes.push(failure('set-up failed'));
} else {
  for (const [name, body] of Object.entries(STAGES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    process.stdout.write(`\n== ${name}\n`);
    const start = performance.now();
    const outcome = await body();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const skips = outcome.skipped.map(({ name, cause }) => `skipped ${name}: ${cause}`);
    const lines = [
      `== ${name}: ${sentence(outcome)} in ${seconds} s`,
      ...[...(outcome.notes ?? []), ...skips].map((line) => `   ${line}`),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    summary.push(...lines);
    outcomes.push(outcome);
  }
}

const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const minutes = ((performance.now() - began) / 60_000).toFixed(1);
process.stdout.write(`\n${summary.map((line) => `${line}\n`).join('')}in ${minutes} minutes\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

/** @param {import('./stages/outcome.mjs').Outcome} outcome */
function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped.length ? `, ${skipped.length} skipped` : ''}`;
}
