import type { State } from './address.js';
import { element } from './element.js';
import { VIEWS, type View } from './processes.js';

export interface Toolbar {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  /** Shows a state; `matched` is what was found of it. */
  show(state: State, matched: string): void;
}

/** Controls of the page; each hands on what it changes. `roots`: what first frames are, where that is known. */
export function toolbar(
  views: readonly View[],
  roots: string,
  compares: boolean,
  change: (changed: Partial<State>) => void,
): Toolbar {
  const search = element('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Search (Ctrl-F)',
    title: 'a regular expression, or any text',
    autocomplete: 'off',
    spellcheck: false,
  });
  search.setAttribute('aria-label', 'Search');
  search.addEventListener('input', () => change({ search: search.value }));
  const matched = element('output', { id: 'matched' });

  const layout = choice('Layout', ['Flame', 'Icicle'], (at) => change({ icicle: at === 1 }));
  const order = choice('Order', ['Callees', 'Callers'], (at) =>
    change({ callers: at === 1, zoom: 0 }),
  );
  const side = choice('Width', ['After', 'Before'], (at) =>
    change({ side: at === 1 ? 'before' : 'after', zoom: 0 }),
  );
  const view = element(
    'select',
    { id: 'view', title: 'how stacks are put together' },
    ...views.map((value) => {
      const known = value === 'first' && roots !== '';
      return element('option', { value }, known ? `by ${roots}` : VIEWS[value]);
    }),
  );
  view.setAttribute('aria-label', 'View');
  view.addEventListener('change', () => change({ view: view.value as View, zoom: 0 }));
  const reset = element('button', { id: 'reset', type: 'button' }, 'Reset zoom');
  reset.addEventListener('click', () => change({ zoom: 0 }));

  return {
    element: element(
      'div',
      { id: 'toolbar' },
      element('span', { className: 'searching' }, search, matched),
      layout.element,
      order.element,
      ...(compares ? [side.element] : []),
      view,
      reset,
    ),
    search,
    show(state, found) {
      if (search.value !== state.search) search.value = state.search;
      matched.value = found;
      layout.show(Number(state.icicle));
      order.show(Number(state.callers));
      side.show(Number(state.side === 'before'));
      view.value = state.view;
      reset.disabled = state.zoom === 0;
    },
  };
}

/** Buttons of which one is pressed. */
function choice(name: string, labels: readonly string[], chosen: (at: number) => void) {
  const buttons = labels.map((label, at) => {
    const button = element('button', { type: 'button', id: label.toLowerCase() }, label);
    button.addEventListener('click', () => chosen(at));
    return button;
  });
  const group = element('span', { className: 'choice' }, ...buttons);
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', name);
  return {
    element: group,
    show(pressed: number) {
      for (const [at, button] of buttons.entries()) {
        button.setAttribute('aria-pressed', String(at === pressed));
      }
    },
  };
}
