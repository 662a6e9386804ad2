// @ts-check
// A vitest reporter that writes the outcome to the file in COUNTS: vitest's JSON reporter leaves out why a test was
// skipped.
import { writeFileSync } from 'node:fs';

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
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed++;
        else if (result.state === 'skipped') {
          skipped.push({ name: test.fullName, cause: result.note ?? 'no cause given' });
        } else failed++; // failed, or still pending at the end
      }
      // A file that does not load and a hook that throws fail no test of their own.
      for (const suite of [module, ...module.children.allSuites()]) failed += suite.errors().length;
    }
    writeFileSync(
      /** @type {string} */ (process.env.COUNTS),
      JSON.stringify({ passed, failed, skipped }),
    );
  }
}
