import type { FlameChart, FrameNode } from './chart.js';
import { element } from './element.js';

export interface KeyActions {
  readonly search: () => void;
  readonly clear: () => void;
  readonly zoom: (node: FrameNode) => void;
  readonly point: (node: FrameNode) => void;
  readonly layout: () => void;
  readonly order: () => void;
}

const KEYS = [
  ['/ or Ctrl-F', 'search'],
  ['arrows', 'go from frame to frame'],
  ['Enter', 'zoom'],
  ['Esc', 'leave the search, then the zoom'],
  ['i', 'flame or icicle'],
  ['c', 'callees or callers'],
] as const;

/** The page by keyboard; hands back what says which keys there are. */
export function listenToKeys(
  chart: FlameChart,
  isIcicle: () => boolean,
  act: KeyActions,
): HTMLElement {
  document.addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    if (((ctrlKey || metaKey) && key === 'f') || key === 'F3') {
      event.preventDefault();
      return act.search();
    }
    if (key === 'Escape') return act.clear();
    if (ctrlKey || metaKey || altKey) return;
    if (target instanceof HTMLElement && target.matches('input, select, button')) return;
    const move = moves(isIcicle())[key];
    if (move) {
      event.preventDefault();
      const next = chart.selected ? move(chart.selected) : (chart.zoomed ?? chart.root);
      if (next) act.point(next);
    } else if (key === 'Enter' && chart.selected) {
      act.zoom(chart.selected);
    } else if (key === '/') {
      event.preventDefault();
      act.search();
    } else if (key === 'i') {
      act.layout();
    } else if (key === 'c') {
      act.order();
    }
  });
  return element(
    'p',
    { id: 'keys' },
    ...KEYS.map(([key, meaning]) => element('span', {}, element('kbd', {}, key), ` ${meaning}`)),
  );
}

type Move = (from: FrameNode) => FrameNode | null | undefined;

function moves(icicle: boolean): Record<string, Move> {
  const widest: Move = ({ children }) =>
    children?.reduce((a, b) => ((b.value ?? 0) > (a.value ?? 0) ? b : a)) as FrameNode | undefined;
  const caller: Move = ({ parent }) => parent as FrameNode | null;
  const beside =
    (step: number): Move =>
    (from) => {
      const all = (from.parent?.children ?? []).filter(({ value }) => (value ?? 0) > 0);
      return all[all.indexOf(from) + step] as FrameNode | undefined;
    };
  return {
    ArrowUp: icicle ? caller : widest,
    ArrowDown: icicle ? widest : caller,
    ArrowLeft: beside(-1),
    ArrowRight: beside(1),
  };
}
