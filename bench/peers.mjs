// @ts-check
// The newest libbpf-tools that Debian has, for this machine and for guests: with the libraries of its own suite, down to
// the C library, since both are older.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Debian } from '@probekit/core/testing';

const SUITE = 'trixie';
/** That of the tools last: where they are, all is. */
const PACKAGES = ['libelf1t64', 'zlib1g', 'libzstd1', 'libc6', 'libbpf-tools'];
const LIBRARIES = ['ld-linux-x86-64.so.2', 'libc.so.6', 'libelf.so.1', 'libz.so.1', 'libzstd.so.1'];

/** Makes a program whose output is a pipe print line by line. */
const STDBUF = ['/usr/bin/stdbuf', '/usr/libexec/coreutils/libstdbuf.so'];

/** It asks which(1) even for a program that is given by its path. */
const WHICH = '/usr/bin/which';

/**
 * @param {string} tool as libbpf-tools name it
 * @returns {Promise<{ version: string, command: string[], files: string[] }>} `files`: what a guest needs of it
 */
export async function libbpfTool(tool) {
  const caches = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const cache = path.join(caches, 'probekit/peers');
  const debian = new Debian(path.join(cache, 'apt'), SUITE, ['amd64']);
  await debian.update();
  const newest = await Promise.all(
    PACKAGES.map(async (name) => {
      const [found] = await debian.versions(name, 'amd64');
      if (!found) throw new Error(`no package ${name} in ${SUITE}`);
      return found;
    }),
  );
  const version = newest.at(-1)?.version ?? '';
  const root = path.join(cache, version);
  const program = path.join(root, 'usr/sbin', `${tool}-libbpf`);
  if (!existsSync(program)) for (const one of newest) await debian.unpack(one, root);
  const library = (/** @type {string} */ name) => path.join(root, 'usr/lib/x86_64-linux-gnu', name);
  const [loader = ''] = LIBRARIES.map(library);
  return {
    version,
    command: ['stdbuf', '-oL', loader, '--library-path', path.dirname(loader), program],
    files: [program, ...LIBRARIES.map(library), ...STDBUF, WHICH],
  };
}
