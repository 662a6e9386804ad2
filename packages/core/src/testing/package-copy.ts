import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Copies a workspace's package with all that it needs to run, from the checkout under `root` into a new directory
 * that every user can read. Returns that directory; everything lies in it where it lies under `root`.
 */
export function copyPackage(root: string, directory: string): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'probekit-copy-'));
  chmodSync(copy, 0o755);
  copyPackages(root, [directory], copy);
  return copy;
}

/** Copies packages with all that they need to run into `copy`, each to where it lies under `root`. */
export function copyPackages(root: string, directories: readonly string[], copy: string): void {
  const seen = new Set<string>();
  const add = (from: string) => {
    if (seen.has(from)) return;
    seen.add(from);
    const to = path.join(copy, path.relative(root, from));
    cpSync(from, to, { recursive: true, filter: (file) => path.basename(file) !== 'node_modules' });
    const manifest = JSON.parse(readFileSync(path.join(from, 'package.json'), 'utf8')) as Manifest;
    for (const name of Object.keys(manifest.dependencies ?? {})) follow(found(root, from, name));
    for (const name of Object.keys(manifest.optionalDependencies ?? {})) {
      const there = lookUp(root, from, name);
      if (there) follow(there);
    }
  };
  const follow = (there: string) => {
    const real = realpathSync(there);
    const to = path.join(copy, path.relative(root, there));
    if (lstatSync(there).isSymbolicLink() && !existsSync(to)) {
      mkdirSync(path.dirname(to), { recursive: true });
      symlinkSync(path.relative(path.dirname(there), real), to);
    }
    add(real);
  };
  for (const directory of directories) add(directory);
}

/** As Node looks it up: in the node_modules of `from` and of each directory above it. */
function lookUp(root: string, from: string, name: string): string | undefined {
  for (let directory = from; ; directory = path.dirname(directory)) {
    const there = path.join(directory, 'node_modules', name);
    if (existsSync(there)) return there;
    if (directory === root || directory === path.dirname(directory)) return undefined;
  }
}

function found(root: string, from: string, name: string): string {
  const there = lookUp(root, from, name);
  if (!there) throw new Error(`${from} needs ${name}, which is not installed`);
  return there;
}
