import type { About } from '../about.js';
import { readAddress, type State, writeAddress } from './address.js';
import { FlameChart, type FrameNode, HEIGHT } from './chart.js';
import { frameColor, plainName } from './colors.js';
import { difference, differenceColor } from './difference.js';
import { element } from './element.js';
import { hottest } from './hottest.js';
import { listenToKeys } from './keys.js';
import { differenceLegend, kindLegend } from './legend.js';
import { count, percent, points } from './numbers.js';
import { rootName, type View, viewsOf } from './processes.js';
import { matcher } from './search.js';
import { readStacks } from './stacks.js';
import { hottestTable } from './table.js';
import { toolbar } from './toolbar.js';
import { buildTree } from './tree.js';

async function start(): Promise<void> {
  const about: About = JSON.parse(document.getElementById('about')?.textContent ?? '');
  const stacks = await readStacks(document.getElementById('stacks') as Element);
  const views = viewsOf(stacks, about.roots);
  const ids = views.includes('name');
  const compares = stacks.before.some((value) => value > 0);
  const whole = { after: sum(stacks.after), before: sum(stacks.before) };
  const opening: State = {
    // Two runs have other numbers for the same processes.
    view: compares && ids ? 'name' : (views[0] as View),
    // The root of a flame that is taller than the window would be out of sight.
    icicle: about.icicle || (depth(stacks.caller) + ROOM) * HEIGHT > window.innerHeight - AROUND,
    callers: about.callers,
    side: 'after',
    search: '',
    zoom: 0,
  };
  let state = opening;
  let largest = 0;

  const details = element('output', { id: 'details' });
  const drawing = element('div', { id: 'chart', role: 'img', ariaLabel: about.title });
  const chart = new FlameChart(drawing, {
    label,
    color: ({ data }) =>
      compares ? differenceColor(difference(data, whole), largest) : frameColor(data.name),
    zoomed: ({ id }) => change({ zoom: id }),
    pointed: (node) => tell(node ?? chart.selected),
  });
  const controls = toolbar(views, about.roots, compares, change);

  function label({ data, parent }: FrameNode): string {
    const all = whole[state.side];
    const of =
      parent && parent.depth > 0
        ? `, ${percent(data.value, parent.data.value)} of ${plainName(parent.data.name)}`
        : '';
    const { change: changed, isNoise } = difference(data, whole);
    const differs = compares
      ? `; ${points(changed)} points${isNoise ? ', within the sampling error' : ''}`
      : '';
    return `${plainName(data.name)} (${count(data.value)} ${about.countName}, ${percent(data.value, all)}${of}${differs})`;
  }

  function tell(node: FrameNode | undefined): void {
    details.value = label(node ?? chart.zoomed ?? chart.root);
  }

  function change(changed: Partial<State>): void {
    const next = { ...state, ...changed };
    // While somebody types, the history is not to hold every letter.
    const typing = 'search' in changed && state.search !== '' && changed.search !== '';
    show(next);
    const address = writeAddress(next, opening);
    if (address === writeAddress(readAddress(location.hash, opening), opening)) return;
    if (typing) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
  }

  /** Draws anew what differs from the state before. */
  function show(next: State, first = false): void {
    const before = state;
    state = next;
    const differs = (...keys: (keyof State)[]) =>
      first || keys.some((key) => next[key] !== before[key]);
    if (differs('view', 'callers', 'side', 'icicle')) {
      const tree = buildTree(stacks, { ...next, rootName: rootName(next.view, ids) });
      largest = 0;
      for (const child of compares ? everyFrame(tree) : []) {
        const one = difference(child, whole);
        if (!one.isNoise) largest = Math.max(largest, Math.abs(one.change));
      }
      chart.draw(tree, next.icicle);
      if (next.zoom !== 0) chart.zoom(chart.find(next.zoom));
    } else if (differs('zoom') && chart.zoomed?.id !== next.zoom) {
      chart.zoom(chart.find(next.zoom));
    }
    const { found, of } = chart.search(next.search === '' ? undefined : matcher(next.search));
    controls.show(next, next.search === '' ? '' : `${percent(found, of)} matched`);
    tell(chart.selected);
  }

  document.title = about.title;
  document.body.append(
    element(
      'header',
      {},
      element('h1', {}, about.title),
      ...[about.subtitle, about.quality, narrowed(stacks.least, about.countName)]
        .filter((text) => text !== '')
        .map((text) => element('p', {}, text)),
    ),
    controls.element,
    drawing,
    details,
    compares ? differenceLegend() : kindLegend(stacks.names),
    listenToKeys(chart, () => state.icicle, {
      search() {
        controls.search.focus();
        controls.search.select();
      },
      clear() {
        controls.search.blur();
        if (state.search !== '') change({ search: '' });
        else if (state.zoom !== 0) change({ zoom: 0 });
      },
      zoom: ({ id }) => change({ zoom: id }),
      point(node) {
        chart.select(node);
        tell(node);
      },
      layout: () => change({ icicle: !state.icicle }),
      order: () => change({ callers: !state.callers, zoom: 0 }),
    }),
    hottestTable(hottest(stacks, ids), whole, compares, (term) => {
      change({ search: term });
      window.scrollTo({ top: 0 });
    }),
  );

  const fromAddress = () => {
    const asked = readAddress(location.hash, opening);
    return views.includes(asked.view) ? asked : { ...asked, view: opening.view };
  };
  show(fromAddress(), true);
  window.addEventListener('popstate', () => show(fromAddress()));
  new ResizeObserver(() => chart.fit()).observe(drawing);
  document.body.dataset.ready = 'true';
}

/** Frames of height that a chart takes beside the deepest stack: the root, and two free ones. */
const ROOM = 3;
/** Pixels of the page above a chart and below it. */
const AROUND = 190;

function depth(caller: Int32Array): number {
  const depths = new Int32Array(caller.length);
  for (const [i, up] of caller.entries()) depths[i] = up === -1 ? 1 : (depths[up] as number) + 1;
  return depths.reduce((deepest, one) => Math.max(deepest, one), 0);
}

function sum(counts: Float64Array): number {
  return counts.reduce((all, one) => all + one, 0);
}

function narrowed(least: number, countName: string): string {
  return least === 0
    ? ''
    : `Frames of less than ${count(least)} ${countName} are counted in their callers.`;
}

function* everyFrame<T extends { children: T[] }>(root: T): Generator<T> {
  const ahead = [root];
  for (let one = ahead.pop(); one; one = ahead.pop()) {
    yield one;
    for (const child of one.children) ahead.push(child);
  }
}

start().catch((error: unknown) => {
  document.body.append(element('p', { id: 'failed' }, `This page cannot be shown: ${error}`));
});
