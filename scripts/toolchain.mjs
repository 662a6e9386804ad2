// @ts-check
// The compilers under the names that distributions give them.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OLDEST_CLANG = 14;
const NEWEST_CLANG = 25;

/** @returns {string} the newest clang that can compile BPF */
export function clang() {
  return suffixed('clang');
}

/** @returns {string} clang-format of the newest version */
export function clangFormat() {
  return suffixed('clang-format');
}

/** @param {string} program */
function suffixed(program) {
  const found = findSuffixed(program);
  if (!found)
    throw new Error(`no ${program} from ${OLDEST_CLANG} on; npm start names what to install`);
  return found;
}

/**
 * @param {string} program
 * @returns {string | undefined}
 */
export function findSuffixed(program) {
  for (let version = NEWEST_CLANG; version >= OLDEST_CLANG; version--) {
    if (answers(`${program}-${version}`)) return `${program}-${version}`;
  }
  return answers(program) ? program : undefined;
}

/** @param {string} program */
export function answers(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Which clang it is and which kernel's headers it reads: what an object depends on beside its sources. */
function identity() {
  const { stdout } = spawnSync(clang(), ['--version'], { encoding: 'utf8' });
  return `${stdout}${readFileSync('/usr/include/linux/version.h', 'utf8')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(identity());
