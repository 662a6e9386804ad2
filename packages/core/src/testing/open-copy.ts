import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from './machine.js';
import { copyPackage } from './package-copy.js';

/** Commands that every user may start. */
export interface OpenCopy {
  /** The bin of a package, as a process. */
  bin(name: string): readonly string[];
  /** What startToolProcess starts. */
  readonly server: readonly string[];
  remove(): void;
}

/**
 * A package of the checkout under `root`, with all that it needs, for every user of a machine: this host's Node and
 * checkout may be closed to others, a guest's are not.
 */
export function openCopy(machine: Machine, root: string, name: string): OpenCopy {
  if (machine.name !== 'host') return { ...commandsIn(root, process.execPath), remove() {} };
  const copy = copyPackage(root, path.join(root, 'packages', name));
  const node = path.join(copy, 'node');
  copyFileSync(process.execPath, node);
  return { ...commandsIn(copy, node), remove: () => rmSync(copy, { recursive: true }) };
}

function commandsIn(directory: string, node: string): Pick<OpenCopy, 'bin' | 'server'> {
  return {
    bin: (name) => [node, path.join(directory, `packages/${name}/bin/${name}.cjs`)],
    server: [node, path.join(directory, 'packages/core/dist/testing/serve-tools.js')],
  };
}
