import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts } from '../stages/cargo.mjs';
import { accountable } from '../stages/outcome.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

describe('a stage', () => {
  const nothing = { passed: 0, failed: 0, skipped: [] };
  const passed = { passed: 3, failed: 0, skipped: [] };
  const failed = { passed: 3, failed: 2, skipped: [] };
  const skipped = { ...nothing, skipped: [{ name: 'a', cause: 'no such kernel' }] };

  it.each([
    ['that passed', passed, 0, 0],
    ['with failed tests counts those', failed, 1, 2],
    ['that was killed has failed', passed, null, 1],
    ['that ended badly without a failed test has failed', passed, 1, 1],
    ['that ran nothing has failed', nothing, 0, 1],
    ['that skipped all has failed', skipped, 0, 1],
  ])('%s', (_, outcome, status, expected) => {
    expect(accountable(outcome, status, 'it').failed).toBe(expected);
  });
});

it("adds up cargo's binaries and names what is ignored", () => {
  const output = `test folded::tests::counts ... ok
test ring::tests::slow ... ignored, needs a kernel
test ring::tests::bare ... ignored
test result: FAILED. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`;
  expect(counts(output)).toEqual({
    passed: 15,
    failed: 1,
    skipped: [
      { name: 'ring::tests::slow', cause: 'needs a kernel' },
      { name: 'ring::tests::bare', cause: 'no cause given' },
    ],
  });
});

describe('what vitest ran', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'stages-'));
    symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** The outcome of test files that contain `bodies`. */
  async function outcome(...bodies: string[]): Promise<unknown> {
    const at = mkdtempSync(path.join(directory, 'run-'));
    bodies.forEach((body, i) => {
      const imports = "import { beforeAll, expect, it, describe } from 'vitest';\n";
      writeFileSync(path.join(at, `${i}.test.js`), imports + body);
    });
    const file = path.join(at, 'counts.json');
    const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
    const reporter = path.join(root, 'scripts/stages/count-reporter.mjs');
    await promisify(execFile)(
      process.execPath,
      [vitest, 'run', '--root', at, '--reporter', reporter],
      { env: { ...process.env, COUNTS: file }, cwd: at },
    ).catch(() => {}); // its status is not what is tested
    return JSON.parse(readFileSync(file, 'utf8'));
  }

  it('counts passed and failed tests, and says why one was skipped', async () => {
    const tests = `
it('passes', () => {});
it('fails', () => expect(1).toBe(2));
it('cannot', (test) => test.skip('no such kernel'));
it.skip('is left out', () => {});`;
    expect(await outcome(tests, tests)).toMatchObject({
      passed: 2,
      failed: 2,
      skipped: [1, 2].flatMap(() => [
        { name: expect.stringMatching(/: cannot$/), cause: 'no such kernel' },
        { name: expect.stringMatching(/: is left out$/), cause: 'no cause given' },
      ]),
    });
  });

  it('brings what a test recorded', async () => {
    const test = "it('runs', ({ task }) => { task.meta.plans = { tool: 'fentry' }; });";
    expect(await outcome(test)).toMatchObject({
      recorded: { plans: { tool: 'fentry' } },
    });
  });

  it.each([
    ['a file that does not load', "throw new Error('no');"],
    ['a file without tests', ''],
    ['a hook that throws', "beforeAll(() => { throw new Error('no'); }); it('waits', () => {});"],
    [
      'a hook of a suite',
      "describe('s', () => { beforeAll(() => { throw new Error('no'); }); it('waits', () => {}); });",
    ],
    ['an error outside of any test', "it('ends', () => { Promise.reject(new Error('no')); });"],
  ])('counts %s as a failure', async (_, body) => {
    expect(await outcome(body)).toMatchObject({ failed: 1 });
  });
});
