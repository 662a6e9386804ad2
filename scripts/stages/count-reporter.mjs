// @ts-check
// A vitest reporter that writes the outcome to the file in COUNTS: vitest's JSON reporter leaves out why a test was
// skipped. Of bodies of the kernel tier it also writes what they recorded.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** @typedef {import('./outcome.mjs').Case} Case */
/** @typedef {import('vitest').TestError} TestError */

const root = path.resolve(import.meta.dirname, '../..');

export default class CountReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest').SerializedError[]} unhandled errors outside of any test
   */
  onTestRunEnd(modules, unhandled) {
    let passed = 0;
    const failed = unhandled.map((error) => fault(root, 'outside of any test', error));
    /** @type {Case[]} */
    const skipped = [];
    /** @type {Required<import('./outcome.mjs').Outcome>['recorded']} */
    const recorded = { plans: {}, instructions: {} };
    for (const module of modules) {
      const where = path.relative(root, module.moduleId).split('/', 2).join('/');
      // A file that does not load and a hook that throws fail no test of their own.
      for (const suite of [module, ...module.children.allSuites()]) {
        const name = suite.type === 'suite' ? suite.fullName : '';
        failed.push(...suite.errors().map((error) => fault(module.moduleId, name, error)));
      }
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed++;
        else if (result.state === 'skipped') {
          const name = `${where}: ${test.fullName}`;
          skipped.push({ name, cause: result.note ?? 'no cause given' });
        } else {
          failed.push(
            fault(module.moduleId, test.fullName, result.errors?.[0] ?? { message: 'did not end' }),
          );
        }
        const { plans = {}, instructions = {} } = test.meta();
        Object.assign(recorded.plans, plans);
        Object.assign(recorded.instructions, instructions);
      }
    }
    writeFileSync(
      /** @type {string} */ (process.env.COUNTS),
      JSON.stringify({ passed, failed, skipped, recorded }),
    );
  }
}

/**
 * @param {string} file its path
 * @param {string} name
 * @param {Pick<TestError, 'message' | 'diff' | 'stacks'>} error
 * @returns {Case}
 */
function fault(file, name, { message, diff, stacks = [] }) {
  const at = stacks.find((frame) => frame.file === file);
  const cause = [message, ...(diff ? [diff] : [])].join('\n');
  return {
    name: `${path.relative(root, file)}${at ? `:${at.line}` : ''} ${name}`.trim(),
    cause: stripVTControlCharacters(cause),
  };
}
