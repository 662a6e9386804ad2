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

/** Up to `most` names that are like the given one, the likest first: those that contain it, or that it differs from by few letters. */
export function nearestNames(name: string, names: Iterable<string>, most = 5): string[] {
  const wanted = name.toLowerCase();
  const close: { candidate: string; steps: number }[] = [];
  const limit = Math.max(2, Math.floor(name.length / 4));
  for (const candidate of new Set(names)) {
    const other = candidate.toLowerCase();
    const contains = other.includes(wanted) || (other.length > 3 && wanted.includes(other));
    if (!contains && Math.abs(other.length - wanted.length) > limit) continue;
    const steps = leven(wanted, other);
    if (contains || steps <= limit) close.push({ candidate, steps });
  }
  return close
    .sort((a, b) => a.steps - b.steps || a.candidate.localeCompare(b.candidate))
    .slice(0, most)
    .map(({ candidate }) => candidate);
}
