import type { Packed } from '../packed.js';

/** How stacks are put together at the root. */
export const VIEWS = {
  process: 'by process',
  thread: 'by thread',
  name: 'by name',
  first: 'by first frame',
  all: 'all together',
} as const;
export type View = keyof typeof VIEWS;

/** What `perf script` folded with --tid and `-o x.html` write in front: comm-pid/tid. */
const THREAD = /^(.*)-(\d+|\?)\/(\d+)$/;
const PROCESS = /^(.*)-(\d+)$/;

/** The views that the first frames of these stacks allow. `known`: what they are, where that is known. */
export function viewsOf({ names, caller, name }: Packed, known: string): View[] {
  if (known !== '') return ['first', 'all'];
  const roots: string[] = [];
  for (let i = 0; i < caller.length; i++) {
    if (caller[i] === -1) roots.push(names[name[i] as number] as string);
  }
  const all = (shape: RegExp) => roots.length > 0 && roots.every((root) => shape.test(root));
  if (all(THREAD)) return ['process', 'thread', 'name', 'all'];
  if (all(PROCESS)) return ['process', 'name', 'all'];
  return ['first', 'all'];
}

/** What a first frame is called in a view; null: it is left out, so that what it calls is put together. */
export function rootName(view: View, ids: boolean): (name: string) => string | null {
  if (view === 'all') return () => null;
  if (!ids) return (name) => name;
  return (name) => {
    const [, comm = name, pid = '', tid = ''] = THREAD.exec(name) ?? PROCESS.exec(name) ?? [];
    if (view === 'name') return comm;
    return view === 'process' || tid === ''
      ? `${comm} (${pid})`
      : `${comm} (${pid}, thread ${tid})`;
  };
}
