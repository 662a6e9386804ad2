import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What the kernel holds for tracing: ids of BPF objects, and how many perf events are open. */
export interface Held {
  readonly programs: readonly number[];
  readonly maps: readonly number[];
  readonly links: readonly number[];
  readonly perfEvents: number;
}

/** What one process holds now, by its file descriptors; nothing when it has ended. */
export function heldBy(pid: number): Held {
  const programs = new Set<number>();
  const maps = new Set<number>();
  const links = new Set<number>();
  let perfEvents = 0;
  for (const { fd, target } of openFiles(pid)) {
    const info = target.startsWith('anon_inode:bpf') ? fdinfo(pid, fd) : '';
    const id = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(info)?.[1]);
    if (target === 'anon_inode:bpf-prog') programs.add(id('prog_id'));
    else if (target === 'anon_inode:bpf-map') maps.add(id('map_id'));
    else if (target === 'anon_inode:bpf_link') links.add(id('link_id'));
    else if (target === 'anon_inode:[perf_event]') perfEvents++;
  }
  return { programs: [...programs], maps: [...maps], links: [...links], perfEvents };
}

/** Of what a process held, what the kernel still has. perfEvents: those that any process has open. */
export function leftOf({ programs, maps, links }: Held): Held {
  return {
    programs: stillThere('prog', programs),
    maps: stillThere('map', maps),
    links: stillThere('link', links),
    perfEvents: openPerfEvents(),
  };
}

/** Perf events that any process has open. */
export function openPerfEvents(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => sum + heldBy(Number(pid)).perfEvents, 0);
}

function stillThere(kind: 'prog' | 'map' | 'link', ids: readonly number[]): number[] {
  const printed = execFileSync('bpftool', ['-j', kind, 'list'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  const all = new Set((JSON.parse(printed) as { id: number }[]).map(({ id }) => id));
  return ids.filter((id) => all.has(id));
}

function openFiles(pid: number): { fd: string; target: string }[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = linkTarget(`/proc/${pid}/fd/${fd}`);
      return target === undefined ? [] : [{ fd, target }];
    });
  } catch {
    return []; // It has ended.
  }
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // Closed meanwhile.
  }
}

function fdinfo(pid: number, fd: string): string {
  return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
}
