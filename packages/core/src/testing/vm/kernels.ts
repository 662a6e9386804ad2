import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
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

/** One kernel's files on this machine. */
export interface Kernel {
  readonly name: KernelName;
  /** Debian's version of the package. */
  readonly version: string;
  /** The compressed kernel. */
  readonly image: string;
  /** `lib/modules/<release>` of its package, with the lists that modprobe reads. */
  readonly modules: string;
}

/** Where downloaded kernels stay; XDG_CACHE_HOME moves it. */
export function kernelCache(): string {
  const caches = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return path.join(caches, 'probekit/kernels');
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
 * The newest kernel of a series, downloaded unless it is in the cache. Where it cannot be had, the newest one in the
 * cache. Rejects with MissingKernel when there is none.
 */
export async function getKernel(
  name: KernelName,
  architecture: Architecture = 'amd64',
): Promise<Kernel> {
  const { suite, series } = kernelNamed(name);
  const place = path.join(kernelCache(), architecture, name);
  try {
    const newest = await newestPackage(architecture, series);
    const there = path.join(place, newest.version);
    if (!existsSync(there)) await download(newest, there);
    return await kernelAt(name, newest.version, there);
  } catch (error) {
    const cached = await readdir(place).catch(() => []);
    const [version] = cached.filter((one) => !one.startsWith('.')).sort(byVersion);
    if (version) return kernelAt(name, version, path.join(place, version));
    const cause = (error as Error).message;
    throw new MissingKernel(
      `kernel ${name} for ${architecture} is missing: ${suite} does not give it: ${cause}`,
    );
  }
}

async function newestPackage(architecture: Architecture, series: RegExp): Promise<Package> {
  await debian.update();
  const all = await debian.versions(METAPACKAGE + architecture, architecture);
  const [newest] = all.filter(({ version }) => series.test(version)).sort(newerFirst);
  if (!newest) throw new Error(`no package ${METAPACKAGE}${architecture} of ${series.source}`);
  return newest;
}

const debian = new Debian(
  path.join(kernelCache(), 'apt'),
  KERNELS.map(({ suite }) => suite),
  ['amd64', 'arm64'],
);

/** Downloads into a directory that does not exist until all is there. */
async function download(metapackage: Package, into: string): Promise<void> {
  await mkdir(path.dirname(into), { recursive: true });
  const work = await mkdtemp(path.join(path.dirname(into), '.unfinished-'));
  try {
    await rename(await unpackKernel(metapackage, work), into);
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Unpacks the parts side by side and returns a directory with the kernel and its modules. */
async function unpackKernel(metapackage: Package, work: string): Promise<string> {
  const unpacked = path.join(work, 'unpacked');
  const seen = new Set<string>();
  const unpack = async (part: Package): Promise<void> => {
    if (seen.has(part.name)) return;
    seen.add(part.name);
    if (part !== metapackage) await debian.unpack(part, unpacked);
    for (const name of part.depends.filter((one) => PARTS.test(one))) {
      const all = await debian.versions(name, part.architecture);
      const same = all.find(({ version }) => version === metapackage.version);
      if (same) await unpack(same);
    }
  };
  await unpack(metapackage);
  const files = await readdir(unpacked, { recursive: true });
  const image = files.find((file) => /(^|\/)vmlinuz[^/]*$/.test(file));
  const modules = files.find((file) => /(^|\/)lib\/modules\/[^/]+$/.test(file));
  if (!image || !modules) throw new Error(`${metapackage.name}: no kernel in ${[...seen].join()}`);
  const kept = path.join(work, 'kept');
  const release = path.basename(modules);
  await mkdir(path.join(kept, 'lib/modules'), { recursive: true });
  await cp(path.join(unpacked, image), path.join(kept, 'vmlinuz'));
  await rename(path.join(unpacked, modules), path.join(kept, 'lib/modules', release));
  // Not on every user's PATH.
  await run('/sbin/depmod', ['-b', kept, release]);
  return kept;
}
async function kernelAt(name: KernelName, version: string, directory: string): Promise<Kernel> {
  const modules = path.join(directory, 'lib/modules');
  const [release = ''] = await readdir(modules);
  return {
    name,
    version,
    image: path.join(directory, 'vmlinuz'),
    modules: path.join(modules, release),
  };
}

function newerFirst(a: Package, b: Package): number {
  return byVersion(a.version, b.version);
}

/** Newest first; versions of one series differ in numbers alone. */
function byVersion(a: string, b: string): number {
  return b.localeCompare(a, 'en', { numeric: true });
}
