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
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  return accountable(
    { passed: Number(passed ?? 0), failed: Number(failed ?? 0), skipped: [] },
    status,
    'check',
  );
}
