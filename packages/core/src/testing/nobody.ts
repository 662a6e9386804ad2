/** The user and group that own nothing, by number: the names differ between distributions. */
const NOBODY = '65534';

/** What to put before a command so that nobody runs it, with exactly these capabilities (without the `CAP_`). */
export function asNobody(...capabilities: readonly string[]): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(',');
  return [
    'setpriv',
    ...['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups'],
    ...['--inh-caps', set, '--ambient-caps', set, '--bounding-set', set],
  ];
}
