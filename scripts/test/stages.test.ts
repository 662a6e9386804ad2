import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts } from '../stages/cargo.mjs';
import { steps } from '../stages/check.mjs';
import { accountable, type Outcome } from '../stages/outcome.mjs';
import { failureLines, stageLines } from '../stages/summary.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

describe('a stage', () => {
  const nothing: Outcome = { passed: 0, failed: [], skipped: [] };
  const passed = { ...nothing, passed: 3 };
  const failed = { ...passed, failed: ['a', 'b'].map((name) => ({ name, cause: 'wrong' })) };
  const skipped = { ...nothing, skipped: [{ name: 'a', cause: 'no such kernel' }] };

  it.each([
    ['that passed', passed, 0, 0],
    ['with failed tests counts those', failed, 1, 2],
    ['that was killed has failed', passed, null, 1],
    ['that ended badly without a failed test has failed', passed, 1, 1],
    ['that ran nothing has failed', nothing, 0, 1],
    ['that skipped all has failed', skipped, 0, 1],
  ])('%s', (_, outcome, status, expected) => {
    expect(accountable(outcome, status, 'it').failed).toHaveLength(expected);
  });
});

it("adds up cargo's binaries and names what failed or is ignored", () => {
  const output = `test folded::tests::counts ... ok
test ring::tests::slow ... ignored, needs a kernel
test ring::tests::bare ... ignored
test ring::tests::wraps ... FAILED

failures:

---- ring::tests::wraps stdout ----
thread 'ring::tests::wraps' panicked at native/src/ring.rs:7:5:
boom

---- ring::tests::other stdout ----
nothing of it

test result: FAILED. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`;
  expect(counts(output)).toEqual({
    passed: 15,
    failed: [
      {
        name: 'ring::tests::wraps',
        cause: "thread 'ring::tests::wraps' panicked at native/src/ring.rs:7:5:\nboom\n",
      },
    ],
    skipped: [
      { name: 'ring::tests::slow', cause: 'needs a kernel' },
      { name: 'ring::tests::bare', cause: 'no cause given' },
    ],
  });
});

it('names the steps of the check that failed, each with what is wrong', () => {
  const output = `ok     types (1.0 s)
FAILED clippy (2.5 s)
  cargo clippy:
  error: no
FAILED knip (0.1 s)
1 passed, 2 failed
`;
  expect(steps(output)).toEqual({
    passed: 1,
    failed: [
      { name: 'clippy', cause: '  cargo clippy:\n  error: no\n' },
      { name: 'knip', cause: '' },
    ],
    skipped: [],
  });
});

describe('the end of npm test', () => {
  it('folds a skip on several kernels into a line', () => {
    const skipped = [
      { name: 'a > b', cause: 'no', kernel: '6.12' },
      { name: 'a > b', cause: 'no', kernel: '5.10' },
      { name: 'a > b', cause: 'other', kernel: '7.x' },
      { name: 'a > b', cause: 'here' },
    ];
    expect(stageLines('vm', { passed: 1, failed: [], skipped, notes: ['a note'] }, 1.26)).toEqual([
      '== vm: 1 passed, 0 failed, 4 skipped in 1.3 s',
      '   a note',
      '   skipped a > b on 5.10, 6.12: no',
      '   skipped a > b on 7.x: other',
      '   skipped a > b: here',
    ]);
  });

  it('names each failure, with the first lines of its cause', () => {
    const long = Array.from({ length: 30 }, (_, i) => `line ${i}`).join('\n\n');
    const failed = [
      { name: 'x.test.ts:3 a', cause: 'expected 1 to be 2', kernel: '6.1' },
      { name: 'x.test.ts:9 b', cause: long },
      { name: 'c', cause: 'w'.repeat(5000) },
    ];
    const lines = failureLines([{ stage: 'vm', outcome: { passed: 0, failed, skipped: [] } }]);
    expect(lines.slice(0, 2)).toEqual(['FAILED vm 6.1: x.test.ts:3 a', '  expected 1 to be 2']);
    expect(lines.slice(2, 16)).toEqual([
      'FAILED vm: x.test.ts:9 b',
      ...Array.from({ length: 12 }, (_, i) => `  line ${i}`),
      '  ... 18 lines more',
    ]);
    expect(lines.slice(16).map((line) => line.length)).toEqual([12, 205]);
  });

  it('stays short when everything fails', () => {
    const failed = Array.from({ length: 1000 }, (_, i) => ({ name: `${i}`, cause: 'a\nb' }));
    const lines = failureLines([{ stage: 'host', outcome: { passed: 0, failed, skipped: [] } }]);
    expect(lines.filter((line) => line.startsWith('FAILED'))).toHaveLength(1000);
    expect(lines.length).toBeLessThan(1100);
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

  it('counts passed tests, and says which failed or was skipped and why', async () => {
    const tests = `
it('passes', () => {});
it('fails', () => expect(1).toBe(2));
it('cannot', (test) => test.skip('no such kernel'));
it.skip('is left out', () => {});`;
    expect(await outcome(tests, tests)).toMatchObject({
      passed: 2,
      failed: [0, 1].map((i) => ({
        name: expect.stringMatching(new RegExp(`/${i}\\.test\\.js:4 fails$`)),
        cause: expect.stringMatching(/^expected 1 to be 2[\s\S]*\n- 2\n\+ 1$/),
      })),
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

  it('counts a file without tests as a failure', async () => {
    expect(await outcome('')).toMatchObject({
      failed: [{ cause: expect.stringMatching(/^No test suite found in file/) }],
    });
  });

  it.each([
    ['a file that does not load', "throw new Error('no');"],
    ['a hook that throws', "beforeAll(() => { throw new Error('no'); }); it('waits', () => {});"],
    [
      'a hook of a suite',
      "describe('s', () => { beforeAll(() => { throw new Error('no'); }); it('waits', () => {}); });",
    ],
    ['an error outside of any test', "it('ends', () => { Promise.reject(new Error('no')); });"],
  ])('counts %s as a failure', async (_, body) => {
    expect(await outcome(body)).toMatchObject({ failed: [{ cause: 'no' }] });
  });
});
