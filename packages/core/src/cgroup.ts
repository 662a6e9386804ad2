import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ToolError } from './errors.js';

/** A directory of a cgroup hierarchy. */
export interface Cgroup {
  /** The kernel's id: the directory's inode. */
  readonly id: bigint;
  readonly version: 1 | 2;
  /** v1: those of the whole hierarchy; v2: those enabled in this cgroup. `blkio` of v1 is named `io` as in v2. */
  readonly controllers: readonly string[];
  /** Where the hierarchy is mounted. */
  readonly mount: string;
}

interface Mount {
  readonly version: 1 | 2;
  readonly point: string;
  readonly controllers: readonly string[];
}

/** The cgroup of a directory, of any hierarchy. Throws ToolError when it is none. */
export function findCgroup(directory: string): Cgroup {
  const absolute = path.resolve(directory);
  const all = mounts();
  const mount = all
    .filter(({ point }) => isBelow(absolute, point))
    .sort((a, b) => b.point.length - a.point.length)[0];
  const stat = statSync(absolute, { bigint: true, throwIfNoEntry: false });
  if (!mount) {
    const where = all.find(({ version }) => version === 2) ?? all[0];
    const hint = where ? `; they are under ${where.point}` : ', and none is mounted';
    const what = stat ? `"${directory}" is not a cgroup` : `no cgroup "${directory}"`;
    throw new ToolError(what + hint, where ? 1 : 3);
  }
  if (!stat?.isDirectory()) throw new ToolError(`no cgroup "${directory}" under ${mount.point}`);
  const controllers =
    mount.version === 1 ? mount.controllers : words(path.join(absolute, 'cgroup.controllers'));
  return { id: stat.ino, version: mount.version, controllers, mount: mount.point };
}

/**
 * Names cgroups of the hierarchy that carries a controller, or else of v2, by id: their directories, as findCgroup takes
 * them. What it has seen once it keeps: no cgroup gets the id of another.
 */
export class CgroupPaths {
  private readonly paths = new Map<bigint, string>();
  /** Where the hierarchy is mounted; undefined: nowhere. */
  readonly root: string | undefined;

  constructor(controller?: string) {
    const all = mounts();
    const carries = ({ version, controllers, point }: Mount) =>
      controller !== undefined &&
      (version === 1 ? controllers : words(path.join(point, 'cgroup.controllers'))).includes(
        controller,
      );
    this.root = (all.find(carries) ?? all.find(({ version }) => version === 2))?.point;
  }

  /** undefined: none of that id, or no longer. */
  get(id: bigint): string | undefined {
    if (!this.paths.has(id)) this.look();
    return this.paths.get(id);
  }

  /** Takes in those that there are now. */
  look(): void {
    if (this.root === undefined) return;
    for (const [id, directory] of walk(this.root)) this.paths.set(id, directory);
  }
}

/** The cgroups of a process below the mounts of their hierarchies, and whether any is of v1; undefined: it has exited. */
export function cgroupsOf(pid: number): { paths: readonly string[]; hasV1: boolean } | undefined {
  try {
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
    return {
      paths: lines.map((line) => line.split(':').slice(2).join(':')),
      hasV1: lines.some((line) => !line.startsWith('0::')),
    };
  } catch {
    return undefined;
  }
}

function* walk(directory: string): Generator<[bigint, string]> {
  const stat = statSync(directory, { bigint: true, throwIfNoEntry: false });
  if (!stat) return;
  yield [stat.ino, directory];
  for (const entry of entries(directory)) yield* walk(path.join(directory, entry));
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return []; // Removed meanwhile.
  }
}

function mounts(): Mount[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line): Mount[] => {
      const [before = '', after = ''] = line.split(' - ');
      const [type, , options = ''] = after.split(' ');
      const point = before.split(' ')[4] ?? '';
      if (type === 'cgroup2') return [{ version: 2, point, controllers: [] }];
      if (type !== 'cgroup') return [];
      const controllers = options
        .replace(/^r[ow],/, '')
        .split(',')
        .map((name) => (name === 'blkio' ? 'io' : name));
      return [{ version: 1, point, controllers }];
    });
}

function isBelow(absolute: string, point: string): boolean {
  return absolute === point || absolute.startsWith(`${point.replace(/\/$/, '')}/`);
}

function words(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trim().split(/\s+/);
  } catch {
    return [];
  }
}
