// @ts-check
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isRoot, owner, root, run } from '../setup/builder.mjs';
import { accountable, failure } from './outcome.mjs';

/**
 * One project of vitest.config.ts.
 * @param {string} project
 * @param {{ needsRoot?: boolean, minutes: number, env?: Record<string, string>, files?: readonly string[], onLine?: (line: string) => void }} how
 * `onLine` sees each line of its output, by default it is printed; `files`: only tests whose path holds one of these
 * @returns {() => Promise<import('./outcome.mjs').Outcome>}
 */
export function vitest(
  project,
  {
    needsRoot = false,
    minutes,
    env = {},
    files = [],
    onLine = (line) =>
      process.stdout.write(`${line}
`),
  },
) {
  return async () => {
    if (needsRoot && !isRoot)
      return failure(project, 'tracing the kernel needs root: sudo npm test');
    const directory = mkdtempSync(path.join(tmpdir(), 'probekit-test-'));
    if (owner && !needsRoot) chownSync(directory, owner.uid, owner.gid);
    try {
      const file = path.join(directory, 'counts.json');
      const { status } = await run(
        process.execPath,
        [
          path.join(root, 'node_modules/vitest/vitest.mjs'),
          ...['run', ...files, '--project', project, '--reporter=default'],
          `--reporter=${path.join(root, 'scripts/stages/count-reporter.mjs')}`,
        ],
        {
          minutes,
          asWeAre: needsRoot,
          env: { ...env, COUNTS: file },
          onLine,
        },
      );
      return accountable(written(file), status, project);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
}

/**
 * @param {string} file
 * @returns {import('./outcome.mjs').Outcome}
 */
function written(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: [], skipped: [] }; // it died before the end, which its status says
  }
}
