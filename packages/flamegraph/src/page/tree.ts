import type { Packed } from '../packed.js';

/** A frame as d3-flame-graph draws it. */
export interface Frame {
  name: string;
  /** What makes it wide: one of the two totals. */
  value: number;
  after: number;
  before: number;
  selfAfter: number;
  selfBefore: number;
  children: Frame[];
  /** Set by d3-flame-graph. */
  hide?: boolean;
  fade?: boolean;
}

export interface Shape {
  readonly rootName: (name: string) => string | null;
  /** Merged from the leaf, so that callers stand on what they call. */
  readonly callers: boolean;
  /** Which profile makes frames wide. */
  readonly side: 'after' | 'before';
}

/** The tree of all stacks in a shape. */
export function buildTree(stacks: Packed, { rootName, callers, side }: Shape): Frame {
  const { names, caller, name, after, before } = stacks;
  const root = frame('all');
  const children = new Map<Frame, Map<string, Frame>>();
  const child = (parent: Frame, of: string): Frame => {
    let known = children.get(parent);
    if (!known) {
      known = new Map();
      children.set(parent, known);
    }
    let found = known.get(of);
    if (!found) {
      found = frame(of);
      known.set(of, found);
      parent.children.push(found);
    }
    return found;
  };
  const shown = (i: number) => {
    const own = names[name[i] as number] as string;
    return caller[i] === -1 ? rootName(own) : own;
  };

  const at: Frame[] = [];
  for (let i = 0; i < name.length; i++) {
    let leaf = root;
    if (callers) {
      if (!after[i] && !before[i]) continue;
      for (let up = i; up !== -1; up = caller[up] as number) {
        const called = shown(up);
        if (called !== null) leaf = child(leaf, called);
      }
    } else {
      const parent = caller[i] === -1 ? root : (at[caller[i] as number] as Frame);
      const called = shown(i);
      leaf = called === null ? parent : child(parent, called);
      at[i] = leaf;
    }
    leaf.selfAfter += after[i] as number;
    leaf.selfBefore += before[i] as number;
  }
  addUp(root, side);
  return root;
}

function frame(name: string): Frame {
  return { name, value: 0, after: 0, before: 0, selfAfter: 0, selfBefore: 0, children: [] };
}

/** Totals, and children by name: deep stacks are no recursion here. */
function addUp(root: Frame, side: 'after' | 'before'): void {
  const order = [root];
  for (let i = 0; i < order.length; i++) {
    for (const below of (order[i] as Frame).children) order.push(below);
  }
  for (const one of order.reverse()) {
    one.after += one.selfAfter;
    one.before += one.selfBefore;
    for (const below of one.children) {
      one.after += below.after;
      one.before += below.before;
    }
    one.value = one[side];
    one.children = one.children
      .filter((below) => below.value > 0)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
