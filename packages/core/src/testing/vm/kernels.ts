import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Debian, type Package } from './debian.js';

const run = promisify(execFile);

/** The kernels that every change is run on: Debian's own, by the series that a suite has. */
export const KERNELS = [
  { name: '5.10', suite: 'bullseye-security', series: /^5\.10\./ },
  { name: '6.1', suite: 'bookworm-security', series: /^6\.1\./ },
  { name: '6.12', suite: 'trixie-security', series: /^6\.12\./ },
  { name: '7.x', suite: 'trixie-backports', series: /^7\./ },
] as const;

export type KernelName = (typeof KERNELS)[number]['name'];
export type Architecture = 'amd64' | 'arm64';

/** Debian's small kernels for virtual machines: NVMe and ext4 are built in. */
const METAPACKAGE = 'linux-image-cloud-';
/** What a kernel consists of; from 7.3 on it is split in three. */
const PARTS = /^linux-(image|binary|modules|base)-\d/;
/** Versions of a series that stay in the cache. */
const KEPT = 2;

/** One kernel's files on this machine. */
export interface Kernel {
  readonly name: KernelName;
  /** Debian's version of the package. */
  readonly version: string;
  /** The compressed kernel. */
  readonly image: string;
  /** `lib/modules/<release>` of its package, with the lists that modprobe reads. */
  readonly modules: string;
  /** Why it is the newest one of the cache and not Debian's newest. */
  readonly stale?: string;
}

/** Where downloaded kernels stay; XDG_CACHE_HOME moves it. */
function kernelCache(...names: string[]): string {
  const caches = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return path.join(caches, 'probekit/kernels', ...names);
}

/** What a name stands for. Throws where it is none of ours. */
export function kernelNamed(name: string): (typeof KERNELS)[number] {
  const exact = KERNELS.find((kernel) => kernel.name === name);
  const found = exact ?? KERNELS.find(({ series }) => series.test(`${name}.`));
  if (found) return found;
  throw new Error(`no kernel ${name}; there are ${KERNELS.map((one) => one.name).join(', ')}`);
}

/** That a kernel is neither in the cache nor to be had. */
export class MissingKernel extends Error {}

/**
 * The newest kernel of a series, downloaded unless it is in the cache. Where Debian does not have it, the newest one of
 * the cache, marked `stale`. Rejects with MissingKernel when there is none.
 */
export async function getKernel(
  name: KernelName,
  architecture: Architecture = 'amd64',
): Promise<Kernel> {
  const { suite, series } = kernelNamed(name);
  const debian = new Debian(kernelCache('apt', suite), suite, ['amd64', 'arm64']);
  const place = kernelCache(architecture, name);
  try {
    const newest = await newestPackage(debian, architecture, series);
    const there = path.join(place, newest.version);
    if (!(await versionsIn(place)).includes(newest.version)) {
      await download(debian, newest, there);
      await prune(place);
    }
    return await kernelAt(name, there);
  } catch (error) {
    const why = (error as Error).message;
    const [version] = await versionsIn(place);
    if (version) return { ...(await kernelAt(name, path.join(place, version))), stale: why };
    throw new MissingKernel(`kernel ${name} for ${architecture} is missing: ${suite}: ${why}`);
  }
}

async function newestPackage(
  debian: Debian,
  architecture: Architecture,
  series: RegExp,
): Promise<Package> {
  await debian.update();
  const all = await debian.versions(METAPACKAGE + architecture, architecture);
  const [newest] = all
    .filter(({ version }) => series.test(version))
    .sort((a, b) => newerFirst(a.version, b.version));
  if (!newest) throw new Error(`no package ${METAPACKAGE}${architecture} of ${series.source}`);
  return newest;
}

/** Unpacks the parts side by side and keeps the kernel and its modules. */
async function download(debian: Debian, metapackage: Package, into: string): Promise<void> {
  await mkdir(kernelCache('partial'), { recursive: true });
  const work = await mkdtemp(kernelCache('partial/'));
  try {
    const unpacked = path.join(work, 'unpacked');
    for (const part of await partsOf(debian, metapackage)) await debian.unpack(part, unpacked);
    const files = await readdir(unpacked, { recursive: true });
    const image = files.find((file) => /(^|\/)vmlinuz[^/]*$/.test(file));
    const modules = files.find((file) => /(^|\/)lib\/modules\/[^/]+$/.test(file));
    if (!image || !modules) throw new Error(`${metapackage.name} brings no kernel`);
    const kept = path.join(work, 'kept');
    const release = path.basename(modules);
    await mkdir(path.join(kept, 'lib/modules'), { recursive: true });
    await cp(path.join(unpacked, image), path.join(kept, 'vmlinuz'));
    await rename(path.join(unpacked, modules), path.join(kept, 'lib/modules', release));
    // Not on every user's PATH.
    await run('/sbin/depmod', ['-b', kept, release]);
    await mkdir(path.dirname(into), { recursive: true });
    await rename(kept, into).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another was first
    });
  } finally {
    await rm(work, { recursive: true });
  }
}

/** The packages of the same version that a metapackage stands for. */
async function partsOf(debian: Debian, metapackage: Package): Promise<Package[]> {
  const parts = new Map<string, Package>();
  const add = async ({ depends, architecture }: Package) => {
    for (const name of depends.filter((one) => PARTS.test(one) && !parts.has(one))) {
      const all = await debian.versions(name, architecture);
      const same = all.find(({ version }) => version === metapackage.version);
      if (!same) continue;
      parts.set(name, same);
      await add(same);
    }
  };
  await add(metapackage);
  return [...parts.values()];
}

/** Newest first. */
async function versionsIn(place: string): Promise<string[]> {
  return (await readdir(place).catch(() => [])).sort(newerFirst);
}

async function prune(place: string): Promise<void> {
  for (const old of (await versionsIn(place)).slice(KEPT)) {
    await rm(path.join(place, old), { recursive: true });
  }
}

async function kernelAt(name: KernelName, directory: string): Promise<Kernel> {
  const modules = path.join(directory, 'lib/modules');
  const [release = ''] = await readdir(modules);
  return {
    name,
    version: path.basename(directory),
    image: path.join(directory, 'vmlinuz'),
    modules: path.join(modules, release),
  };
}

/** Versions of one series differ in numbers alone. */
function newerFirst(a: string, b: string): number {
  return b.localeCompare(a, 'en', { numeric: true });
}
