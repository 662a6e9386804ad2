import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { requireProcess, ToolError } from '@probekit/core';

/** A program or library on disk. */
export interface Binary {
  /** Where it is for those who live there. */
  readonly path: string;
  /** Where its paths begin: of a process, its root. */
  readonly root: string;
  /** A path to it from `root`. */
  readonly inside: string;
  /** A path to it from here. */
  readonly real: string;
}

/**
 * The file that `name` means: a path; a library as the dynamic loader finds it (`c`, `libc`, `libc.so.6`), for a process the
 * one that it has loaded; else a program in PATH. Of a process everything is looked up in its own mounts. Throws
 * ToolError with what was looked for.
 */
export function findBinary(name: string, pid: number | undefined): Binary {
  if (pid !== undefined) requireProcess(pid);
  const root = pid === undefined ? '/' : `/proc/${pid}/root`;
  if (name === '') {
    if (pid === undefined) throw new ToolError('":function" needs -p: whose program is it?', 2);
    return programOf(pid);
  }
  if (name.includes('/')) return requireFile(binary(root, pid ? name : path.resolve(name)));
  const loaded = pid === undefined ? undefined : loadedLibrary(pid, name);
  if (loaded) return loaded;
  const found =
    cachedLibrary(root, name) ?? libraryInDirectories(root, name) ?? programInPath(root, name);
  if (found !== undefined) return binary(root, found);
  const where = pid === undefined ? '' : ` for process ${pid}`;
  throw new ToolError(
    `no library or program "${name}"${where}: not in the loader's cache, nor in PATH; give its path`,
  );
}

function binary(root: string, given: string): Binary {
  const inside = resolveIn(root, given);
  return { path: inside, root, inside, real: root === '/' ? inside : root + inside };
}

/** What a process runs, or has loaded, as /proc names it: of a file that is gone, the kernel's link to it. */
function running(pid: number, named: string, link: string): Binary {
  const gone = / \(deleted\)$/;
  if (!gone.test(named)) return binary(`/proc/${pid}/root`, named);
  return { path: named.replace(gone, ''), root: '/', inside: link, real: link };
}

function requireFile(found: Binary): Binary {
  const { real, path: shown } = found;
  if (!isFile(real)) throw new ToolError(`no file ${shown}${real === shown ? '' : ` (${real})`}`);
  return found;
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The path without symbolic links, which begin at `root` there and not at ours. */
function resolveIn(root: string, given: string): string {
  let rest = given.split('/').filter(Boolean);
  let done: string[] = [];
  for (let links = 0; rest.length > 0; ) {
    const [part, ...more] = rest as [string, ...string[]];
    rest = more;
    if (part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const link = linkAt(`${root === '/' ? '' : root}/${[...done, part].join('/')}`);
    if (link === undefined || ++links > 40) {
      done.push(part);
      continue;
    }
    if (link.startsWith('/')) done = [];
    rest = [...link.split('/').filter(Boolean), ...rest];
  }
  return `/${done.join('/')}`;
}

function linkAt(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

function programOf(pid: number): Binary {
  const link = `/proc/${pid}/exe`;
  try {
    return running(pid, readlinkSync(link), link);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'it has no program: a kernel thread, or gone' : code;
    throw new ToolError(`cannot tell the program of process ${pid}: ${why}`, 1, { cause });
  }
}

/** Whether a file's name is what the loader would take for `name`. */
function isLibrary(file: string, name: string): boolean {
  const base = path.basename(file);
  if (base === name) return true;
  const stem = name.startsWith('lib') ? name : `lib${name}`;
  // libc.so.6, and libc-2.31.so of older distributions.
  return (
    base.startsWith(`${stem}.so`) || new RegExp(`^${escapeRegexp(stem)}-[\\d.]+\\.so`).test(base)
  );
}

function escapeRegexp(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/** Of what the process has mapped. */
function loadedLibrary(pid: number, name: string): Binary | undefined {
  let maps: string;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ToolError(`cannot read the mappings of process ${pid}: ${code}`, 1, { cause });
  }
  for (const line of maps.split('\n')) {
    const at = line.indexOf('/');
    if (at < 0) continue;
    const file = line.slice(at);
    if (!isLibrary(file.replace(/ \(deleted\)$/, ''), name)) continue;
    // proc(5): there the range is without leading zeros.
    const [range = ''] = line.replace(/(^|-)0+/g, '$1').split(' ', 1);
    return running(pid, file, `/proc/${pid}/map_files/${range}`);
  }
  return undefined;
}

/** sysdeps/generic/dl-cache.h of glibc: the new format, alone or behind the old one. */
const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER = 48;
const ENTRY = 24;
/** FLAG_ELF_LIBC6 with FLAG_X8664_LIB64 or FLAG_AARCH64_LIB64. */
const FLAGS: Readonly<Record<string, number>> = { x64: 0x0303, arm64: 0x0a03 };

function cachedLibrary(root: string, name: string): string | undefined {
  let cache: Buffer;
  try {
    cache = readFileSync(`${root}/etc/ld.so.cache`);
  } catch {
    return undefined;
  }
  const start = cache.indexOf(MAGIC);
  if (start < 0 || cache.length < start + HEADER) return undefined;
  const count = cache.readUInt32LE(start + MAGIC.length);
  const text = (offset: number) => {
    const from = start + offset;
    return cache.toString('utf8', from, cache.indexOf(0, from));
  };
  for (let i = 0; i < count; i++) {
    const at = start + HEADER + i * ENTRY;
    if (at + ENTRY > cache.length) return undefined;
    if (cache.readInt32LE(at) !== FLAGS[process.arch]) continue;
    if (isLibrary(text(cache.readUInt32LE(at + 4)), name)) return text(cache.readUInt32LE(at + 8));
  }
  return undefined;
}

/** Where loaders without a cache look: musl's, and glibc's own directories. */
const TRIPLET: Readonly<Record<string, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

function libraryInDirectories(root: string, name: string): string | undefined {
  const triplet = TRIPLET[process.arch] ?? '';
  for (const directory of ['/lib', '/usr/lib', '/usr/local/lib', '/lib64', '/usr/lib64']) {
    for (const place of [`${directory}/${triplet}`, directory]) {
      const found = entriesOf(`${root}${place}`).find(
        (file) => isLibrary(file, name) && isFile(`${root}${place}/${file}`),
      );
      if (found !== undefined) return `${place}/${found}`;
    }
  }
  return undefined;
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function programInPath(root: string, name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(':')
    .filter(Boolean)
    .map((directory) => path.join(directory, name))
    .find((file) => isFile(`${root === '/' ? '' : root}${file}`));
}
