import { eventually } from './eventually.js';
import type { Machine } from './machine.js';

/** What the kernel holds for tracing: ids of BPF objects, and how many perf events are open. */
export interface Held {
  readonly programs: readonly number[];
  readonly maps: readonly number[];
  /** A perf event has none before 5.15. */
  readonly links: readonly number[];
  readonly perfEvents: number;
}

/** What one process holds now, by its file descriptors; nothing when it has ended. */
export async function heldBy(machine: Machine, pid: number): Promise<Held> {
  // What a descriptor stands for is told beside it.
  const script = `find /proc/$1/fd -lname 'anon_inode:*perf_event*' -printf 'perf_event\\n'
    find /proc/$1/fd -lname 'anon_inode:bpf*' -printf '/proc/'$1'/fdinfo/%f\\0' |
      xargs -0 -r grep -hE '^(prog|map|link)_id:' --`;
  const { stdout } = await machine.run(['sh', '-c', script, 'sh', String(pid)]);
  const ids = (name: string) => {
    const found = stdout.matchAll(new RegExp(`^${name}_id:\\s*(\\d+)`, 'gm'));
    return [...new Set(Array.from(found, ([, id]) => Number(id)))];
  };
  return {
    programs: ids('prog'),
    maps: ids('map'),
    links: ids('link'),
    perfEvents: stdout.match(/^perf_event$/gm)?.length ?? 0,
  };
}

/** Of what a process held, what the kernel still has. perfEvents: those that any process has open. */
export async function leftOf(machine: Machine, held: Held): Promise<Held> {
  const now = await allHeld(machine);
  const still = (kind: 'programs' | 'maps' | 'links') =>
    held[kind].filter((id) => now[kind].includes(id));
  return {
    programs: still('programs'),
    maps: still('maps'),
    links: still('links'),
    perfEvents: now.perfEvents,
  };
}

/** Throws unless the kernel comes to hold nothing that it did not hold `before`: it frees things in its own time. */
export async function expectNothingNew(machine: Machine, before: Held): Promise<void> {
  let found: Held | undefined;
  const kinds = ['programs', 'maps', 'links'] as const;
  await eventually('the kernel holds what it held before', async () => {
    const now = await allHeld(machine);
    found = now;
    return (
      now.perfEvents <= before.perfEvents &&
      kinds.every((kind) => now[kind].every((id) => before[kind].includes(id)))
    );
  }).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify({ before, found })}`);
  });
}

/** All programs, maps and links that the kernel has, whoever holds them, and the perf events that a process has open. */
export async function allHeld(machine: Machine): Promise<Held> {
  const { stdout, stderr } = await machine.run(['bpftool', '-j', 'batch', 'file', '-'], {
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    input: 'prog list\nmap list\nlink list\n',
  });
  if (stdout === '') throw new Error(`bpftool: ${stderr}`);
  const answers = JSON.parse(stdout) as { output: { id: number }[] }[];
  const ids = (answer: number) => answers[answer]?.output.map(({ id }) => id) ?? [];
  return {
    programs: ids(0),
    maps: ids(1),
    links: ids(2),
    perfEvents: await openPerfEvents(machine),
  };
}

/** Perf events that any process has open. */
export async function openPerfEvents(machine: Machine): Promise<number> {
  const pattern = 'anon_inode:*perf_event*';
  const script = `find /proc/[0-9]*/fd -maxdepth 1 -lname '${pattern}' 2>/dev/null; true`;
  const { stdout } = await machine.run(['sh', '-c', script]);
  return stdout.match(/\n/g)?.length ?? 0;
}
