// @ts-check
// What must be on the machine before anything can be installed or built.
import { existsSync } from 'node:fs';
import { findSuffixed } from '../toolchain.mjs';
import { answer, onPath } from './builder.mjs';

const CARGO = [1, 88];
const NPM = [9, 0];

/** Programs that the build runs, and the Debian package of each. */
const PROGRAMS = {
  'g++': 'g++',
  make: 'make',
  'pkg-config': 'pkg-config',
  autoconf: 'autoconf',
  automake: 'automake',
  autopoint: 'autopoint',
  msgfmt: 'gettext',
  flex: 'flex',
  bison: 'bison',
  gawk: 'gawk',
  libtoolize: 'libtool',
};

/** What only the tests need. */
const TEST_PROGRAMS = {
  bpftool: 'bpftool',
  chromium: 'chromium',
  go: 'golang-go',
  javac: 'default-jdk-headless',
  python3: 'python3-minimal',
  'qemu-system-x86_64': 'qemu-system-x86',
  depmod: 'kmod',
  dmsetup: 'dmsetup',
  ip: 'iproute2',
  mke2fs: 'e2fsprogs',
  setpriv: 'util-linux',
  lz4: 'lz4',
  xz: 'xz-utils',
  zstd: 'zstd',
};

/**
 * @typedef {{ what: string, packages?: readonly string[] }} Missing `packages`: the first of these
 * that apt knows brings it; without, apt cannot
 */

/**
 * All that is missing, at once.
 * @param {{ tests: boolean }} options
 * @returns {Missing[]}
 */
export function missing({ tests }) {
  /** @type {Missing[]} */
  const list = [];
  if (!nodeFits()) list.push({ what: `Node ^20.19 or >=22.12 (this is ${process.versions.node})` });
  const npm = answer('npm', ['--version']);
  if (!npm || !atLeast(npm, NPM)) {
    list.push({ what: `npm >=${NPM.join('.')} (${npm ? `this is ${npm}` : 'there is none'})` });
  }
  const cargo = answer('cargo', ['--version'])?.split(' ')[1];
  if (!cargo || !atLeast(cargo, CARGO)) {
    const failing = onPath('cargo') ? 'cargo --version fails here' : 'there is none';
    const found = cargo ? `this is ${cargo}` : failing;
    list.push({ what: `cargo >=${CARGO.join('.')} from https://rustup.rs (${found})` });
  }
  if (!findSuffixed('clang')) {
    list.push({ what: 'clang >=14', packages: ['clang-19', 'clang'] });
  }
  if (tests && !findSuffixed('clang-format')) {
    list.push({ what: 'clang-format >=14', packages: ['clang-format-19', 'clang-format'] });
  }
  if (!existsSync('/usr/include/linux/version.h')) {
    list.push({ what: 'kernel headers for user space', packages: ['linux-libc-dev'] });
  }
  for (const [program, name] of Object.entries({ ...PROGRAMS, ...(tests && TEST_PROGRAMS) })) {
    if (!onPath(program)) list.push({ what: program, packages: [name] });
  }
  return list;
}

function nodeFits() {
  const { node } = process.versions;
  return (atLeast(node, [20, 19]) && !atLeast(node, [21])) || atLeast(node, [22, 12]);
}

/**
 * @param {string} version
 * @param {readonly number[]} oldest
 */
export function atLeast(version, [major = 0, minor = 0]) {
  const [ours = 0, ourMinor = 0] = version.split('.').map(Number);
  return ours > major || (ours === major && ourMinor >= minor);
}
