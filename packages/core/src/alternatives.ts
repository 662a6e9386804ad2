/** `a`, `a or b`, `a, b or c`; empty for none. */
export function alternatives(values: readonly string[]): string {
  return [values.slice(0, -1).join(', '), ...values.slice(-1)].filter((part) => part).join(' or ');
}
