// @ts-check
// The compilers under the names that distributions give them.
import { spawnSync } from 'node:child_process';

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
