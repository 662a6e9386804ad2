import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from './machine.js';
import { copyPackage } from './package-copy.js';

/** Commands that every user may start. */
export interface OpenCopy {
  /** The bin of a package, as a process. */
  bin(name: string): readonly string[];
  remove(): void;
}

/**
 * A package of the checkout under `root`, with all that it needs, for every user of a machine: this host's Node and
 * checkout may be closed to others, a guest's are not.
 */
export function openCopy(machine: Machine, root: string, name: string): OpenCopy {
  const binIn = (directory: string, of: string) =>
    path.join(directory, `packages/${of}/bin/${of}.js`);
  if (machine.name !== 'host') {
    return { bin: (of) => [process.execPath, binIn(root, of)], remove() {} };
  }
  const copy = copyPackage(root, path.join(root, 'packages', name));
  const node = path.join(copy, 'node');
  copyFileSync(process.execPath, node);
  return {
    bin: (of) => [node, binIn(copy, of)],
    remove: () => rmSync(copy, { recursive: true }),
  };
}
