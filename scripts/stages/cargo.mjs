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
 * Adds up cargo's result lines, one for each test binary, and names what failed or was ignored.
 * @param {string} output
 * @returns {import('./outcome.mjs').Outcome}
 */
export function counts(output) {
  let passed = 0;
  for (const [, ok] of output.matchAll(/^test result: .* (\d+) passed;/gm)) passed += Number(ok);
  const failed = [...output.matchAll(/^test (.+) \.\.\. FAILED$/gm)].map(([, name = '']) => {
    const begins = `---- ${name} stdout ----\n`;
    const at = output.indexOf(begins);
    return {
      name,
      cause: at < 0 ? '' : (output.slice(at + begins.length).split('\n---- ')[0] ?? ''),
    };
  });
  const skipped = [...output.matchAll(/^test (.+) \.\.\. ignored(?:, (.*))?$/gm)].map(
    ([, name = '', cause = 'no cause given']) => ({ name, cause }),
  );
  return { passed, failed, skipped };
}
