import { frameColor, type Kind, kindOf } from './colors.js';
import { differenceColor } from './difference.js';
import { element } from './element.js';

const KINDS: readonly [Kind, string, example: string][] = [
  ['native', 'native', 'main'],
  ['kernel', 'kernel', '_[k]'],
  ['jit', 'just-in-time', '_[j]'],
  ['inlined', 'inlined', '_[i]'],
  ['interpreted', 'interpreted', 'Interpreter'],
  ['waker', 'waker', '_[w]'],
  ['unknown', 'unknown', '[unknown]'],
];

/** What the colors of these functions mean. */
export function kindLegend(names: readonly string[]): HTMLElement {
  const present = new Set(names.map(kindOf));
  return legend(
    KINDS.filter(([kind]) => present.has(kind)).map(([, text, example]) => [
      frameColor(example),
      text,
    ]),
  );
}

export function differenceLegend(): HTMLElement {
  const shown = (change: number, isNoise: boolean) => differenceColor({ change, isNoise }, 1);
  return legend([
    [shown(0.6, false), 'larger share than before'],
    [shown(-0.6, false), 'smaller'],
    [shown(0, true), 'within the sampling error (95 %)'],
  ]);
}

function legend(entries: readonly (readonly [color: string, text: string])[]): HTMLElement {
  return element(
    'p',
    { id: 'legend' },
    ...entries.map(([color, text]) => {
      const patch = element('i');
      patch.style.background = color;
      return element('span', {}, patch, text);
    }),
  );
}
