import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Which targets run again after an edit? Asked of nx itself, in a copy of the tree with the real
// nx.json, whose targets only write what the real ones' output depends on.
const root = path.resolve(fileURLToPath(import.meta.url), '../../..');
/** Where each workspace lies, by its short name, and its npm scripts, which are nx's targets. */
const WORKSPACES = ['native', ...below('packages'), ...below('examples')].map((at) => {
  const file = path.join(root, at, 'package.json');
  const { scripts = {} } = JSON.parse(readFileSync(file, 'utf8')) as { scripts?: object };
  return { name: path.basename(at), at, scripts: Object.keys(scripts) };
});

function below(top: string): string[] {
  return readdirSync(path.join(root, top)).map((name) => `${top}/${name}`);
}

let directory: string;
let tree: string;

/** Stands for every script, without npm's half a second: logs that it ran, and writes an output made of its inputs. */
const FAKE = `
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
const [name, target, log] = process.argv.slice(2);
appendFileSync(log, name + ':' + target + '\\n');
const contents = (at) => !existsSync(at) ? '' : readdirSync(at, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => readFileSync(path.join(entry.parentPath ?? entry.path, entry.name), 'utf8')).join('');
const lines = (text, of) => text.split('\\n').filter((line) => of.test(line)).join('\\n');
const write = (file, text) => { mkdirSync(path.dirname(file), { recursive: true }); writeFileSync(file, text); };
if (name === 'native') write('probekit-native.fake.node', contents('src'));
else if (target === 'build:bpf') write('dist/bpf/x64/fake.bpf.o', contents('bpf') + contents('../../packages/core/bpf'));
else if (target === 'layout') write('src/fake.gen.ts', lines(contents('dist/bpf'), /struct/));
else { write('dist/fake.js', contents('src')); write('dist/fake.d.ts', lines(contents('src'), /export/)); }
`;

/** Runs every target through nx, and says which really ran. */
function rerun(): string[] {
  const log = path.join(directory, 'log');
  writeFileSync(log, '');
  const env = Object.entries(process.env).filter(([key]) => !/^(nx|npm|vitest)_/i.test(key));
  execFileSync(
    process.execPath,
    [path.join(root, 'node_modules/.bin/nx'), 'run-many', '-t', 'build'],
    {
      cwd: tree,
      env: { ...Object.fromEntries(env), CI: '1', NX_DAEMON: 'false', NX_ISOLATE_PLUGINS: 'false' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  return readFileSync(log, 'utf8').split('\n').filter(Boolean).sort();
}

function append(file: string, line: string): void {
  expect(existsSync(path.join(tree, file)), `${file} exists`).toBe(true);
  appendFileSync(path.join(tree, file), `${line}\n`);
}

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'nx-inputs-'));
  tree = path.join(directory, 'tree');
  const files = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root });
  for (const file of files.toString().split('\0')) {
    if (!file || !existsSync(path.join(root, file))) continue;
    cpSync(path.join(root, file), path.join(tree, file));
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  const fake = path.join(directory, 'fake.mjs');
  writeFileSync(fake, FAKE);
  for (const { name, at, scripts } of WORKSPACES) {
    const file = path.join(tree, at, 'package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>;
    const targets = scripts.map((target) => {
      const command = `node ${fake} ${name} ${target} ${path.join(directory, 'log')}`;
      const options = { command, cwd: '{projectRoot}' };
      return [target, { executor: 'nx:run-commands', options }];
    });
    manifest.nx = { targets: Object.fromEntries(targets) };
    writeFileSync(file, JSON.stringify(manifest));
  }
  expect(rerun(), 'the first time').toEqual(ALL);
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true }));

const every = (target: string) =>
  WORKSPACES.filter(({ scripts }) => scripts.includes(target)).map(
    ({ name }) => `${name}:${target}`,
  );
const BPF = every('build:bpf');
const LAYOUTS = every('layout');
const TYPESCRIPT = every('build').filter((target) => target !== 'native:build');
const ALL = ['native:build', ...BPF, ...LAYOUTS, ...TYPESCRIPT].sort();

describe('what runs again after an edit of', () => {
  it.each<[string, string, string, string[]]>([
    ['documentation', 'README.md', 'A line.', []],
    ['Rust', 'native/src/lib.rs', '// A line.', ['native:build', ...LAYOUTS]],
    ['a shared BPF header', 'packages/core/bpf/stats.bpf.h', '// A line.', [...BPF, ...LAYOUTS]],
    [
      'BPF, with a new layout',
      'packages/profile/bpf/profile.bpf.c',
      'struct new;',
      ['profile:build', 'profile:build:bpf', 'profile:layout', 'doctor:build'],
    ],
    ['the layout generator', 'scripts/layout/types.mjs', '// A line.', LAYOUTS],
    ['the base of the TypeScript settings', 'tsconfig.base.json', ' ', TYPESCRIPT],
    // Every command holds core.
    ['the inside of core', 'packages/core/src/errors.ts', '// A line.', TYPESCRIPT],
    ["the commands' bundles", 'scripts/command.rolldown.mjs', '// A line.', TYPESCRIPT],
    ["core's bundle", 'packages/core/rolldown.config.js', '// A line.', ['core:build']],
    ["core's interface", 'packages/core/src/errors.ts', 'export const x = 1;', TYPESCRIPT],
  ])('%s', (_, file, line, targets) => {
    append(file, line);
    expect(rerun()).toEqual([...targets].sort());
  });
});
