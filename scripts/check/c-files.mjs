// @ts-check
import { readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * The C files of native and of every package, BPF and tests' workloads, relative to the repository.
 * @param {string} root
 */
export function cFiles(root) {
  return ['native', 'packages', 'examples'].flatMap((top) =>
    readdirSync(path.join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.[ch]$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file))
      .map((file) => path.join(top, file)),
  );
}
