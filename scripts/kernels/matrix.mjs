// @ts-check
// The support matrix: docs/kernels.json says what each kernel must do, a run says what it does.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup/builder.mjs';
import { document } from './document.mjs';

const FILE = path.join(root, 'docs/kernels.json');
const DOCUMENT = path.join(root, 'docs/kernels.md');
/** How far the verifier's work for a program may grow without a word. */
const GROWTH = 1.2;

/**
 * One kernel of the matrix.
 * @typedef {object} Column
 * @property {string} release of the run that recorded it
 * @property {Record<string, string>} rows the plan of each
 * @property {Record<string, Record<string, number>>} instructions that the verifier looks at, by object and program
 * @property {Record<string, string>} skips causes, by package and test
 * @typedef {Record<string, Column>} Matrix by the kernel's name
 */

/** @returns {Matrix} */
export function readMatrix() {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}

/** @param {Matrix} matrix */
export function writeMatrix(matrix) {
  writeFileSync(FILE, `${JSON.stringify(matrix, null, 2)}\n`);
  writeFileSync(DOCUMENT, document(matrix));
}

/**
 * What is wrong with the matrix as committed: it has every kernel, and docs/kernels.md is written from it.
 * @param {readonly string[]} kernels
 */
export function documentFaults(kernels) {
  const matrix = readMatrix();
  const missing = [...kernels, 'host'].filter((name) => !(name in matrix));
  if (missing.length > 0) return [`${FILE} lacks ${missing.join(', ')}; ${RECORD}`];
  return readFileSync(DOCUMENT, 'utf8') === document(matrix)
    ? []
    : [`${DOCUMENT} is not what ${FILE} says; ${RECORD}`];
}

/**
 * A run as a column of the matrix.
 * @param {string} release
 * @param {import('../stages/outcome.mjs').Outcome} outcome
 * @returns {Column}
 */
export function column(release, { skipped, recorded }) {
  const { plans = {}, instructions = {} } = recorded ?? {};
  return {
    release,
    rows: sorted(plans),
    instructions: sorted(
      Object.fromEntries(Object.entries(instructions).map(([name, each]) => [name, sorted(each)])),
    ),
    skips: sorted(Object.fromEntries(skipped.map(({ name, cause }) => [name, cause]))),
  };
}

/**
 * Each cell that is not as the matrix says, a sentence each; `compared` is how many were looked at.
 * @param {string} kernel
 * @param {Column} ran
 * @param {Column | undefined} wanted
 * @returns {{ compared: number, faults: string[] }}
 */
export function compare(kernel, ran, wanted) {
  if (!wanted) return { compared: 1, faults: [`${kernel} is not in the matrix; ${RECORD}`] };
  /** @type {string[]} */
  const faults = [];
  let compared = 0;
  for (const row of union(ran.rows, wanted.rows)) {
    compared++;
    const is = ran.rows[row];
    const should = wanted.rows[row];
    if (is !== should) {
      faults.push(`${row} on ${kernel}: plan ${is ?? 'none'}, the matrix says ${should ?? 'none'}`);
    }
  }
  for (const object of union(ran.instructions, wanted.instructions)) {
    const now = ran.instructions[object] ?? {};
    const before = wanted.instructions[object] ?? {};
    for (const program of union(now, before)) {
      compared++;
      const fault = budgetFault(now[program], before[program]);
      if (fault) faults.push(`${object} ${program} on ${kernel}: ${fault}`);
    }
  }
  for (const [name, cause] of Object.entries(ran.skips)) {
    compared++;
    if (wanted.skips[name] !== cause)
      faults.push(`${kernel} skips "${name}" (${cause}); ${RECORD}`);
  }
  return { compared, faults };
}

const RECORD = 'npm run kernels records it';

/** @param {number | undefined} now @param {number | undefined} before */
function budgetFault(now, before) {
  if (before === undefined) return `no baseline for ${now} verified instructions; ${RECORD}`;
  if (now === undefined) return `not loaded, the matrix has ${before} verified instructions`;
  if (now <= before * GROWTH) return undefined;
  return `${now} verified instructions, more than ${GROWTH} times ${before}`;
}

/** @param {object} a @param {object} b */
function union(a, b) {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

/**
 * @template T
 * @param {Record<string, T>} record
 * @returns {Record<string, T>}
 */
function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
