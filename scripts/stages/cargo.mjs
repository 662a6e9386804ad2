// @ts-check
import { run } from '../setup/builder.mjs';
import { accountable } from './outcome.mjs';

/** The unit tests of the native add-on. */
export async function cargo() {
  const { status, output } = await run('cargo', ['test', '--workspace', '--release', '--locked'], {
    minutes: 15,
  });
  const outcome = counts(output);
  if (status !== 0) process.stdout.write(output);
  return accountable(outcome, status, 'cargo test');
}

/**
 * Adds up cargo's result lines, one for each test binary.
 * @param {string} output
 * @returns {import('./outcome.mjs').Outcome}
 */
export function counts(output) {
  let passed = 0;
  let failed = 0;
  for (const [, ok, bad] of output.matchAll(/^test result: .* (\d+) passed; (\d+) failed;/gm)) {
    passed += Number(ok);
    failed += Number(bad);
  }
  const skipped = [...output.matchAll(/^test (.+) \.\.\. ignored(?:, (.*))?$/gm)].map(
    ([, name = '', cause = 'no cause given']) => ({ name, cause }),
  );
  return { passed, failed, skipped };
}
