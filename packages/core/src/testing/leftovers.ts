import { execFileSync } from 'node:child_process';

/** What the kernel holds of BPF right now: ids of programs, maps and links, through bpftool. */
export interface Held {
  readonly programs: readonly string[];
  readonly maps: readonly string[];
  readonly links: readonly string[];
}

/** Only what bears one of `names`: others on the machine may come and go. */
export function held(names: readonly string[]): Held {
  const programs = list('prog').filter(({ name }) => name !== undefined && names.includes(name));
  const ids = new Set(programs.map(({ id }) => id));
  const known = names.map((name) => name.slice(0, KERNEL_NAME));
  return {
    programs: programs.map(show),
    maps: list('map')
      .filter(({ name }) => name !== undefined && known.includes(name))
      .map(show),
    links: list('link')
      .filter(({ prog_id }) => prog_id !== undefined && ids.has(prog_id))
      .map(show),
  };
}

/** BPF_OBJ_NAME_LEN less the NUL. */
const KERNEL_NAME = 15;

interface Entry {
  readonly id: number;
  readonly name?: string;
  readonly prog_id?: number;
}

function list(kind: 'prog' | 'map' | 'link'): Entry[] {
  const printed = execFileSync('bpftool', ['-j', kind, 'list'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  return JSON.parse(printed) as Entry[];
}

function show({ id, name = '' }: Entry): string {
  return `${id} ${name}`;
}
