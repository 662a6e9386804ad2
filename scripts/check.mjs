// @ts-check
// `npm run check`: all that can be said of the tree without running it. It wants a built tree: npm test builds first.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { cFiles } from './check/c-files.mjs';
import { differences } from './check/declarations.mjs';
import { allBreaches } from './check/dependency-rule.mjs';
import { lockFaults } from './check/lock.mjs';
import { documentFaults } from './kernels/matrix.mjs';
import { layouts } from './layout.mjs';
import { root, run } from './setup/builder.mjs';
import { clangFormat } from './toolchain.mjs';

const require = createRequire(import.meta.url);
const node = process.execPath;
const lock = JSON.parse(text('package-lock.json'));

/** @type {string[]} */
const workspaces = Object.entries(lock.packages).flatMap(([, { link, resolved }]) =>
  link ? [resolved] : [],
);
const published = workspaces.filter((at) => !JSON.parse(text(`${at}/package.json`)).private);
const traced = workspaces.filter((at) => existsSync(path.join(root, at, 'dist/bpf')));

/**
 * A step is commands that must all succeed, or a function that returns what is wrong.
 * @type {Record<string, string[][] | (() => string[] | Promise<string[]>)>}
 */
const STEPS = {
  'format and lint': [[node, bin('@biomejs/biome/bin/biome'), 'ci', '--colors=off']],
  'dependency rule': () => allBreaches(root),
  types: [
    [node, bin('typescript/bin/tsc'), '-b'],
    [node, bin('typescript/bin/tsc'), '-p', 'packages/core/test/types'],
    [node, bin('typescript/bin/tsc'), '-p', 'native/test'],
    [node, bin('typescript/bin/tsc'), '-p', 'scripts'],
  ],
  // In the profile of the build, whose C libraries then need no second compilation.
  clippy: [['cargo', 'clippy', '--all-targets', '--release', '--locked', '--', '-D', 'warnings']],
  rustfmt: [['cargo', 'fmt', '--all', '--check']],
  'clang-format': [[clangFormat(), '--dry-run', '-Werror', ...cFiles(root)]],
  knip: [[node, bin('knip/bin/knip.js')]],
  publint: published.map((at) => [node, bin('publint/src/cli.js'), 'run', at, '--strict']),
  'licence in each tarball': withoutLicence,
  layouts: () => traced.flatMap(staleLayouts),
  // The build writes them: that they are the committed ones, only git can say.
  'layouts as committed': [['git', 'diff', '--exit-code', '--', '*.gen.ts']],
  'native/index.d.ts': () => differences(text('native/index.d.ts'), require('@probekit/native')),
  'docs/kernels.md': async () => {
    const { KERNELS } = await import('@probekit/core/testing');
    return documentFaults(KERNELS.map(({ name }) => name));
  },
  lock: [['npm', 'ci', '--dry-run']],
  'lock is complete': () => lockFaults(lock),
};

let passed = 0;
let failed = 0;
for (const [name, step] of Object.entries(STEPS)) {
  const start = performance.now();
  const wrong = await faults(step);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${wrong.length > 0 ? 'FAILED' : 'ok    '} ${name} (${seconds} s)\n`);
  for (const line of wrong) process.stdout.write(`  ${line}\n`);
  wrong.length > 0 ? failed++ : passed++;
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

/** @param {string[][] | (() => string[] | Promise<string[]>)} step */
async function faults(step) {
  try {
    return typeof step === 'function' ? await step() : await firstFailure(step);
  } catch (error) {
    return [String(error)];
  }
}

async function withoutLicence() {
  const names = published.flatMap((at) => ['-w', at]);
  const options = ['--dry-run', '--json', '--silent'];
  const { status, output } = await run('npm', ['pack', ...options, ...names], { minutes: 5 });
  if (status !== 0) return [`npm pack ended with ${status}; run it without --silent`];
  /** @type {{ name: string, files: { path: string }[] }[]} */
  const tarballs = Object.values(JSON.parse(output));
  const bare = tarballs.filter(({ files }) => !files.some(({ path }) => path === 'LICENSE'));
  return bare.map(({ name }) => `${name} would be published without the file LICENSE`);
}

/**
 * The output of the first command that fails, as lines.
 * @param {string[][]} commands
 */
async function firstFailure(commands) {
  for (const [program = '', ...args] of commands) {
    const { status, output } = await run(program, args, { minutes: 10 });
    if (status !== 0)
      return [`${path.basename(program)} ${args.join(' ')}:`, ...output.split('\n')];
  }
  return [];
}

/** @param {string} file */
function text(file) {
  return readFileSync(path.join(root, file), 'utf8');
}

/** @param {string} file */
function bin(file) {
  return path.join(root, 'node_modules', file);
}

/** @param {string} at */
function staleLayouts(at) {
  return layouts(path.join(root, at)).flatMap(({ file, text }) =>
    readFileSync(file, 'utf8') === text
      ? []
      : [`${file} is not what its object says; run npm run build`],
  );
}
