import type { Packed } from '../packed.js';
import type { Sums } from './difference.js';

/** A function over all stacks. */
export interface Hot {
  readonly name: string;
  /** What ran in it itself. */
  readonly self: Sums;
  /** And in all that it called; a stack in which it stands twice counts once. */
  readonly total: Sums;
}

/** All functions. Without the first frames of stacks where those are processes. */
export function hottest({ names, caller, name, after, before }: Packed, ids: boolean): Hot[] {
  const found = names.map((own) => ({
    name: own,
    self: { after: 0, before: 0 },
    total: { after: 0, before: 0 },
  }));
  const through = { after: Float64Array.from(after), before: Float64Array.from(before) };
  for (let i = name.length - 1; i >= 0; i--) {
    const own = found[name[i] as number] as (typeof found)[number];
    const up = caller[i] as number;
    own.self.after += after[i] as number;
    own.self.before += before[i] as number;
    if (up !== -1) {
      (through.after[up] as number) += through.after[i] as number;
      (through.before[up] as number) += through.before[i] as number;
    } else if (ids) {
      continue;
    }
    if (isBelowItself(i, caller, name)) continue;
    own.total.after += through.after[i] as number;
    own.total.before += through.before[i] as number;
  }
  return found.filter(({ total }) => total.after > 0 || total.before > 0);
}

function isBelowItself(i: number, caller: Int32Array, name: Int32Array): boolean {
  for (let up = caller[i] as number; up !== -1; up = caller[up] as number) {
    if (name[up] === name[i]) return true;
  }
  return false;
}
