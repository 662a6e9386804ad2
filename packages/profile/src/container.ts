import { CgroupPaths, cgroupsOf } from '@probekit/core';

/**
 * The containers of processes. The kernel tells the cgroup of each sample by its id in the v2 hierarchy, so that those
 * of processes that have exited are known too; where container runtimes use v1 hierarchies, only /proc tells, of
 * processes that are still there.
 */
export class Containers {
  private readonly cgroups = new CgroupPaths();
  private readonly hasV1 = cgroupsOf(process.pid)?.hasV1 ?? false;
  private readonly ofProcess = new Map<number, string | undefined>();

  constructor() {
    // Those that are gone when the run ends.
    this.cgroups.look();
  }

  /** undefined: nobody can tell any longer. */
  name(pid: number, cgroup: bigint): string | undefined {
    const { root } = this.cgroups;
    if (this.hasV1 || root === undefined) return this.nameOf(pid);
    const directory = this.cgroups.get(cgroup);
    return directory && containerName(directory.slice(root.replace(/\/$/, '').length));
  }

  private nameOf(pid: number): string | undefined {
    if (!this.ofProcess.has(pid)) {
      const names = cgroupsOf(pid)?.paths.map(containerName);
      // Of several hierarchies, the one that somebody made for it.
      this.ofProcess.set(pid, names?.sort((x, y) => worth(y) - worth(x))[0]);
    }
    return this.ofProcess.get(pid);
  }
}

/** A container says more than a unit, and that more than a path; the longer path more than the shorter. */
function worth(name: string): number {
  if (name.startsWith('/')) return name === '/' ? 0 : name.split('/').length;
  return name.includes(':') ? 2000 : 1000;
}

/**
 * What a person calls the cgroup of this path, below the mount: the container and its pod (`docker:3f2a9c1b7d4e`,
 * `pod:1b2c3d4e/containerd:3f2a9c1b7d4e`, `lxc:web`, `machine:web`), else the units of systemd that it is in
 * (`nginx.service`, `user@1000.service/app.service`), else the path itself. The names are those that the runtimes give,
 * with systemd and without.
 */
export function containerName(path: string): string {
  const parts = path.split('/').filter(Boolean);
  for (const [i, part] of [...parts.entries()].reverse()) {
    const [, prefix, id] = CONTAINER.exec(part) ?? [];
    if (id !== undefined) {
      const above = parts.slice(0, i);
      const pod = above.map((one) => POD.exec(one)?.[1]).find(Boolean);
      const runtime = prefix ? (RUNTIMES[prefix] ?? prefix) : (!pod && above.at(-1)) || 'container';
      return `${pod ? `pod:${pod}/` : ''}${runtime}:${id.slice(0, ID_DIGITS)}`;
    }
    const [, lxc = parts[i - 1] === 'lxc' ? part : undefined] =
      /^lxc\.payload\.(.+)$/.exec(part) ?? [];
    if (lxc !== undefined) return `lxc:${lxc}`;
    const machine = /^machine-(.+)\.scope$/.exec(part)?.[1];
    if (machine !== undefined) return `machine:${unescaped(machine)}`;
  }
  const units = parts.filter((part) => UNIT.test(part));
  if (units.length > 0) return units.map(unescaped).join('/');
  return path === '' ? '/' : path;
}

/** The scope or directory of a container, by its id of 64 hexadecimal digits. */
const CONTAINER = /^(?:([a-z][a-z-]*)-)?([0-9a-f]{64})(?:\.scope)?$/;

/** Prefixes of scopes by the names that people have for what makes them. */
const RUNTIMES: Readonly<Record<string, string>> = {
  'cri-containerd': 'containerd',
  libpod: 'podman',
};

/** As many digits of an id as `docker ps` and `crictl ps` show. */
const ID_DIGITS = 12;

/** `kubepods-burstable-pod1b2c….slice`, `pod1b2c…`: with a pod's UID. */
const POD = /^(?:kubepods(?:-\w+)?-)?pod([0-9a-f]{8})[0-9a-f_-]*(?:\.slice)?$/;

/** Units of systemd that have processes. */
const UNIT = /\.(?:service|scope|socket|mount|swap)$/;

/** systemd.unit(5), "String Escaping for Inclusion in Unit Names". */
function unescaped(unit: string): string {
  return unit.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
