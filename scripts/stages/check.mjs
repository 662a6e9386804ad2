// @ts-check
import path from 'node:path';
import { root, run } from '../setup/builder.mjs';
import { accountable } from './outcome.mjs';

/** The steps of `npm run check`, each a test. */
export async function check() {
  const { status, output } = await run(process.execPath, [path.join(root, 'scripts/check.mjs')], {
    minutes: 15,
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  return accountable(steps(output), status, 'check');
}

/**
 * A line for each step; what is wrong with one stands below it, indented.
 * @param {string} output
 * @returns {import('./outcome.mjs').Outcome}
 */
export function steps(output) {
  const passed = [...output.matchAll(/^ok {5}/gm)].length;
  const failed = [...output.matchAll(/^FAILED (.+) \([\d.]+ s\)\n((?: {2}.*\n)*)/gm)].map(
    ([, name = '', cause = '']) => ({ name, cause }),
  );
  return { passed, failed, skipped: [] };
}
