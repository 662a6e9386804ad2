/** The color of a frame by its kind and name: as native/src/flamegraph/kinds.rs has it, so that a function looks the same in both pictures. */
export function frameColor(name: string): string {
  const [a, b] = spread(name);
  const part = (from: number, range: number, at: number) => Math.trunc(from + range * at);
  const grey = part(180, 35, a);
  const rgb: Record<Kind, [number, number, number]> = {
    native: [part(222, 33, b), part(100, 105, a), part(58, 30, b)],
    kernel: [part(112, 45, a), part(150, 40, a), part(205, 40, b)],
    jit: [part(105, 55, a), part(180, 45, b), part(85, 45, a)],
    inlined: [part(80, 60, a), part(190, 35, b), part(185, 35, b)],
    interpreted: [part(185, 40, a), part(130, 45, a), part(205, 40, b)],
    unknown: [grey, grey, grey],
    waker: [part(50, 60, a), part(165, 55, a), part(165, 55, a)],
  };
  return `rgb(${rgb[kindOf(name)].join(',')})`;
}

export type Kind = 'native' | 'kernel' | 'jit' | 'inlined' | 'interpreted' | 'unknown' | 'waker';

const ANNOTATED: Record<string, Kind> = {
  '_[k]': 'kernel',
  '_[j]': 'jit',
  '_[i]': 'inlined',
  '_[w]': 'waker',
};

export function kindOf(name: string): Kind {
  const annotated = ANNOTATED[name.slice(-4)];
  if (annotated) return annotated;
  if (/^0x[\da-f]+$/i.test(name) || /^\[.*\]$/s.test(name)) return 'unknown';
  return /^(Interpreter$|py::|(JS|Script|Function|LazyCompile):~)/.test(name)
    ? 'interpreted'
    : 'native';
}

/** A name without its annotation, which the color says. */
export function plainName(name: string): string {
  return name.slice(-4) in ANNOTATED ? name.slice(0, -4) : name;
}

/** Two numbers from 0 to 1 by FNV-1a of the name's UTF-8. */
function spread(name: string): [number, number] {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return [(mixed & 0xffff) / 65535, (mixed >>> 16) / 65535];
}
