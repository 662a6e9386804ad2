import leven from 'leven';

/** The name that the given one begins, else the one with the fewest letters to change; undefined when none is close. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const begun = name.length > 1 ? names.find((candidate) => candidate.startsWith(name)) : undefined;
  const [best] = names
    .map((candidate) => ({ candidate, steps: leven(name, candidate) }))
    .sort((a, b) => a.steps - b.steps);
  const close = best && best.steps <= Math.max(2, name.length / 2) ? best.candidate : undefined;
  return begun ?? close;
}
