/** A count with commas and at most six decimals, as the SVG has it. */
export function count(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 6 });
}

/** A share as per cent with two decimals. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '0%' : `${((100 * part) / whole).toFixed(2)}%`;
}

/** A change of a share, in percentage points with its sign. */
export function points(change: number): string {
  const shown = (100 * change).toFixed(2);
  return `${change > 0 ? '+' : ''}${shown === '-0.00' ? '0.00' : shown}`;
}
