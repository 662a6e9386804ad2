import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import type { Machine } from './machine.js';
import { compileWorkload } from './workload.js';

/** What the kernel holds for tracing: ids of BPF objects, and how many perf events are open. */
export interface Held {
  readonly programs: readonly number[];
  readonly maps: readonly number[];
  /** A perf event has none before 5.15. */
  readonly links: readonly number[];
  readonly perfEvents: number;
}

/** What one look shows. */
export interface Look {
  /** A process and all below it, by their descriptors: nothing of one that has ended. */
  readonly processes: ReadonlyMap<number, Held>;
  /** All programs, maps and links, whoever holds them, and the perf events that a process has open. */
  readonly kernel: Held;
}

/** What many probes hold is freed one grace period after another, which takes long in a guest. */
export const PATIENCE_S = 30;

/** In a guest, one program costs a fifth of bpftool, find, sh and cat. */
const source = fileURLToPath(new URL('../../test/workloads/held.c', import.meta.url));

/** Looks at what the kernel holds, and before that, with `pid`, at what that process and those below it do. */
export async function look(machine: Machine, pid?: number): Promise<Look> {
  const command = [compileWorkload(source), ...(pid === undefined ? [] : [String(pid)])];
  const { code, stdout, stderr } = await machine.run(command);
  if (code !== 0) throw new Error(`held: ${stderr}`);
  const sections = stdout.split(/^(?=process |kernel$)/m);
  const kernel = sections.pop() ?? '';
  const processes = sections.map((section) => [Number.parseInt(section.slice(8), 10), section]);
  return {
    processes: new Map(
      processes.map(([process, section]) => [process as number, heldIn(section as string)]),
    ),
    kernel: heldIn(kernel),
  };
}

function heldIn(lines: string): Held {
  const ids = (kind: string) => {
    const found = lines.matchAll(new RegExp(`^${kind} (\\d+)$`, 'gm'));
    return [...new Set(Array.from(found, ([, id]) => Number(id)))];
  };
  return {
    programs: ids('prog'),
    maps: ids('map'),
    links: ids('link'),
    perfEvents: lines.match(/^perf_event$/gm)?.length ?? 0,
  };
}

/** What one process holds now, by its file descriptors; nothing when it has ended. */
export async function heldBy(machine: Machine, pid: number): Promise<Held> {
  return (await look(machine, pid)).processes.get(pid) ?? heldIn('');
}

/** Of what a process held, what the kernel still has. perfEvents: those that any process has open. */
export function leftOf(held: Held, { kernel: now }: Look): Held {
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
  await eventually(
    'the kernel holds what it held before',
    async () => {
      const now = await allHeld(machine);
      found = now;
      return (
        now.perfEvents <= before.perfEvents &&
        kinds.every((kind) => now[kind].every((id) => before[kind].includes(id)))
      );
    },
    PATIENCE_S,
  ).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify({ before, found })}`);
  });
}

/** All programs, maps and links that the kernel has, whoever holds them, and the perf events that a process has open. */
export async function allHeld(machine: Machine): Promise<Held> {
  return (await look(machine)).kernel;
}
