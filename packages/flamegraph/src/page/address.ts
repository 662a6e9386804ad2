import { VIEWS, type View } from './processes.js';

/** What the page shows, as its address says it. */
export interface State {
  readonly view: View;
  readonly icicle: boolean;
  readonly callers: boolean;
  readonly side: 'after' | 'before';
  readonly search: string;
  /** The number of the frame that fills the width; 0: the root. */
  readonly zoom: number;
}

/** The state behind the # of an address; `otherwise` where it says nothing, or nothing that there is. */
export function readAddress(hash: string, otherwise: State): State {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const view = given.get('view') as View;
  const yes = (key: string, fallback: boolean) =>
    given.has(key) ? given.get(key) === '1' : fallback;
  return {
    view: view in VIEWS ? view : otherwise.view,
    icicle: yes('icicle', otherwise.icicle),
    callers: yes('callers', otherwise.callers),
    side: given.get('side') === 'before' ? 'before' : 'after',
    search: given.get('search') ?? '',
    zoom: Number(/^\d+$/.exec(given.get('zoom') ?? '')?.[0] ?? 0),
  };
}

/** The # of a state: only what differs from how the page opens. */
export function writeAddress(state: State, otherwise: State): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) {
    if (value === otherwise[key as keyof State]) continue;
    out.set(key, typeof value === 'boolean' ? String(Number(value)) : String(value));
  }
  return `#${out}`;
}
