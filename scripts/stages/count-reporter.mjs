// @ts-check
// A vitest reporter that writes the outcome to the file in COUNTS: vitest's JSON reporter leaves out why a test was
// skipped. Of bodies of the kernel tier it also writes what they recorded.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

export default class CountReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandled errors outside of any test
   */
  onTestRunEnd(modules, unhandled) {
    let passed = 0;
    let failed = unhandled.length;
    /** @type {import('./outcome.mjs').Outcome['skipped']} */
    const skipped = [];
    /** @type {Required<import('./outcome.mjs').Outcome>['recorded']} */
    const recorded = { plans: {}, instructions: {} };
    for (const module of modules) {
      const where = path.relative(root, module.moduleId).split('/', 2).join('/');
      // A file that does not load and a hook that throws fail no test of their own.
      let wrong = 0;
      for (const suite of [module, ...module.children.allSuites()]) wrong += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed++;
        else if (result.state === 'skipped') {
          const name = `${where}: ${test.fullName}`;
          skipped.push({ name, cause: result.note ?? 'no cause given' });
        } else wrong++; // failed, or still pending at the end
        const { plans = {}, instructions = {} } = test.meta();
        Object.assign(recorded.plans, plans);
        Object.assign(recorded.instructions, instructions);
      }
      failed += wrong;
    }
    writeFileSync(
      /** @type {string} */ (process.env.COUNTS),
      JSON.stringify({ passed, failed, skipped, recorded }),
    );
  }
}
