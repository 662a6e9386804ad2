import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { ToolError } from '@probekit/core';

/** A disk or a partition of one. */
export interface Device {
  readonly name: string;
  /** The disk's number as the kernel keeps it: major << 20 | minor. */
  readonly disk: number;
  /** Of a partition: its first sector of 512 bytes, and the first one after it. */
  readonly sectors: { readonly first: number; readonly end: number } | undefined;
  /** false: it handles bios itself and makes no requests of them. */
  readonly makesRequests: boolean;
}

const MINOR_BITS = 20;

/** Throws ToolError (exit 3) where there is no block device at all. */
export function requireDisks(): void {
  if (diskNames().length === 0) throw new ToolError('this machine has no block devices', 3);
}

/** What to say before a run that no disk of now can be seen in; undefined: some can. */
export function unseenDisks({ bio }: { bio: boolean }): string | undefined {
  const disks = diskNames().filter((name) => !isEmpty(name));
  if (disks.some((name) => makesRequests(name) !== bio)) return undefined;
  return bio
    ? 'no dm, md, zram or brd disk is in use, and --bio sees no other; leave it out for disks that make requests'
    : 'no disk in use makes requests; add --bio';
}

/** By name or by path, links followed. Throws ToolError with the names that exist. */
export function findDevice(given: string): Device {
  const name = nameOf(given);
  const directory = `/sys/class/block/${name}`;
  if (name === '' || !existsSync(directory)) {
    throw new ToolError(`no disk "${given}"; there are ${withMediaFirst(diskNames()).join(', ')}`);
  }
  const isPartition = existsSync(`${directory}/partition`);
  const whole = isPartition ? path.dirname(realpathSync(directory)) : directory;
  const first = Number(isPartition ? read(`${directory}/start`) : 0);
  return {
    name,
    disk: deviceNumber(read(`${whole}/dev`) ?? ''),
    sectors: isPartition ? { first, end: first + Number(read(`${directory}/size`)) } : undefined,
    makesRequests: makesRequests(path.basename(whole)),
  };
}

/** Names of disks by number, looked up as they come; a disk that is gone is `major:minor`. */
export class DiskNames {
  private names = new Map<number, string>();

  get(disk: number): string {
    if (!this.names.has(disk)) {
      for (const name of diskNames()) {
        this.names.set(deviceNumber(read(`/sys/block/${name}/dev`) ?? ''), name);
      }
    }
    const name = this.names.get(disk);
    if (name !== undefined) return name;
    const gone = `${disk >>> MINOR_BITS}:${disk & ((1 << MINOR_BITS) - 1)}`;
    this.names.set(disk, gone);
    return gone;
  }
}

/** How many requests the disks can have at most, each with a place in memory of its own: those of drivers and of schedulers. */
export function requestCount(): number {
  let count = 0;
  for (const name of diskNames()) {
    const scheduled = Number(read(`/sys/block/${name}/queue/nr_requests`) ?? 0);
    for (const queue of list(`/sys/block/${name}/mq`)) {
      const tags = Number(read(`/sys/block/${name}/mq/${queue}/nr_tags`) ?? 0);
      const reserved = Number(read(`/sys/block/${name}/mq/${queue}/nr_reserved_tags`) ?? 0);
      count += tags + reserved + scheduled + 1; // one for flushes
    }
  }
  return count;
}

/** sysfs writes `!` for the `/` in names such as cciss/c0d0. */
function nameOf(given: string): string {
  if (!given.includes('/')) return given;
  try {
    const real = realpathSync(given);
    return real.startsWith('/dev/') ? real.slice('/dev/'.length).replaceAll('/', '!') : '';
  } catch {
    return given.startsWith('/') ? '' : given.replaceAll('/', '!');
  }
}

function makesRequests(disk: string): boolean {
  return existsSync(`/sys/block/${disk}/mq`);
}

/** Loop devices without a file and the like. */
function isEmpty(disk: string): boolean {
  return Number(read(`/sys/block/${disk}/size`)) === 0;
}

function diskNames(): string[] {
  return list('/sys/block').sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Empty ones come last: a line has an end. */
function withMediaFirst(names: readonly string[]): string[] {
  return [...names.filter((name) => !isEmpty(name)), ...names.filter(isEmpty)];
}

function deviceNumber(text: string): number {
  const [major = 0, minor = 0] = text.split(':').map(Number);
  return major * 2 ** MINOR_BITS + minor;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
