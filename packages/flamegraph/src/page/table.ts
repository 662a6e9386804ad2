import { plainName } from './colors.js';
import { difference, type Sums } from './difference.js';
import { element } from './element.js';
import type { Hot } from './hottest.js';
import { count, percent, points } from './numbers.js';

const ROWS = 50;
type Key = 'self' | 'total';

/** The hottest functions; a click on a heading sorts by it, one on a function searches it. */
export function hottestTable(
  functions: readonly Hot[],
  whole: Sums,
  compares: boolean,
  search: (term: string) => void,
): HTMLElement {
  const body = element('tbody');
  const headings = (['self', 'total'] as const).map((key) => {
    const button = element('button', { type: 'button' }, key === 'self' ? 'Self' : 'Total');
    button.addEventListener('click', () => fill(key));
    const heading = element('th', { scope: 'col', className: 'number' }, button);
    return { key, heading };
  });

  function fill(by: Key): void {
    for (const { key, heading } of headings) heading.ariaSort = key === by ? 'descending' : 'none';
    const other = by === 'self' ? 'total' : 'self';
    const weight = (sums: Sums) => {
      if (!compares) return sums.after;
      const { change, isNoise } = difference(sums, whole);
      // What is noise stands below all that is none.
      return Math.abs(change) + (isNoise ? 0 : 1);
    };
    // Off the CPU all wait in the scheduler itself: what else there is, the other column tells.
    const sorted = [...functions]
      .sort((a, b) => weight(b[by]) - weight(a[by]) || weight(b[other]) - weight(a[other]))
      .slice(0, ROWS);
    body.replaceChildren(...sorted.map((one) => row(one, whole, compares, search)));
  }
  fill('self');

  return element(
    'section',
    { id: 'hottest' },
    element(
      'h2',
      {},
      compares ? 'What changed most' : 'Hottest functions',
      ...(functions.length > ROWS ? [` (${ROWS} of ${count(functions.length)})`] : []),
    ),
    element(
      'table',
      {},
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...headings.map(({ heading }) => heading),
          element('th', { scope: 'col' }, 'Function'),
        ),
      ),
      body,
    ),
  );
}

function row(
  { name, self, total }: Hot,
  whole: Sums,
  compares: boolean,
  search: (term: string) => void,
): HTMLElement {
  const button = element('button', { type: 'button', title: 'search it' }, plainName(name));
  button.addEventListener('click', () => search(exactly(plainName(name))));
  return element(
    'tr',
    {},
    ...[self, total].map((sums) => cell(sums, whole, compares)),
    element('td', {}, button),
  );
}

function cell(sums: Sums, whole: Sums, compares: boolean): HTMLElement {
  if (!compares) {
    return numbers('', percent(sums.after, whole.after), count(sums.after));
  }
  const { change, isNoise } = difference(sums, whole);
  const kind = isNoise ? 'noise' : change > 0 ? 'more' : 'less';
  return numbers(kind, points(change), percent(sums.after, whole.after));
}

function numbers(kind: string, main: string, minor: string): HTMLElement {
  return element(
    'td',
    { className: 'number' },
    element('span', { className: kind }, main),
    element('small', {}, minor),
  );
}

function exactly(name: string): string {
  return `^${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
}
