// @ts-check
import { readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * The C files of every package, its BPF and its tests' workloads, relative to the repository.
 * @param {string} root
 */
export function cFiles(root) {
  return ['packages', 'examples'].flatMap((top) =>
    readdirSync(path.join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.[ch]$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file))
      .map((file) => path.join(top, file)),
  );
}
