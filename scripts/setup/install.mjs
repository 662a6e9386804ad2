// @ts-check
// Brings what is missing: system packages through apt as root, npm packages through npm ci.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { isRoot, onPath, root, run } from './builder.mjs';
import { missing } from './prerequisites.mjs';
import { SetupError, stage } from './stage.mjs';

/**
 * Installs what apt can, as root; says all that is still missing in one message.
 * @param {{ tests: boolean }} options
 * @throws {SetupError}
 */
export async function installPrerequisites({ tests }) {
  const before = missing({ tests });
  if (before.length === 0) return;
  if (isRoot && onPath('apt-get') && before.some(({ packages }) => packages)) {
    await stage(`apt: ${before.flatMap(({ packages }) => packages?.[0] ?? []).join(' ')}`, () => {
      apt('update', '-qq');
      apt('install', '-qq', '--no-install-recommends', ...packageNames(before));
    });
  }
  const after = missing({ tests });
  if (after.length === 0) return;
  const names = packageNames(after).join(' ');
  const line = names && !isRoot ? `\nsudo apt-get install --no-install-recommends ${names}` : '';
  throw new SetupError(`missing: ${after.map(({ what }) => what).join(', ')}${line}`);
}

/** npm's packages as the lock says, unless they are already there. */
export async function installPackages() {
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return;
  await stage('npm ci', async () => {
    const { status, output } = await run('npm', ['ci', '--no-progress']);
    if (status !== 0) throw new SetupError(`npm ci failed\n${output}`);
  });
}

/** @param {readonly string[]} args */
function apt(...args) {
  const { status, stdout, stderr } = spawnSync('apt-get', ['-y', ...APT, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'a' },
  });
  if (status !== 0) throw new SetupError(`apt-get ${args.join(' ')} failed\n${stdout}${stderr}`);
}

/** Another apt is waited for; a changed configuration file is no question. */
const APT = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Options::=--force-confold'];

/**
 * The package of each that apt knows; the last candidate if it knows none.
 * @param {readonly import('./prerequisites.mjs').Missing[]} list
 */
function packageNames(list) {
  return list.flatMap(({ packages }) => {
    if (!packages) return [];
    return packages.find(aptKnows) ?? packages.at(-1) ?? [];
  });
}

/** @param {string} name */
function aptKnows(name) {
  return spawnSync('apt-cache', ['show', name], { stdio: 'ignore' }).status === 0;
}

/** @param {string} file */
function modified(file) {
  return statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
