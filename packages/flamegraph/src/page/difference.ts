/** A share of two profiles, and whether it changed. */
export interface Difference {
  /** Share after less share before, from -1 to 1. */
  readonly change: number;
  /** The change is within the sampling error: two profiles of the same program differ as much in 19 of 20 cases. */
  readonly isNoise: boolean;
}

export interface Sums {
  readonly after: number;
  readonly before: number;
}

/** Two-sided, 95 %. */
const Z = 1.96;

/**
 * The difference of `part` of `whole`, by the two-proportion z-test with a pooled share: each count is one sample, and
 * samples are independent. (NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3.)
 */
export function difference(part: Sums, whole: Sums): Difference {
  const [after, before] = [part.after / (whole.after || 1), part.before / (whole.before || 1)];
  const change = after - before;
  const pooled = (part.after + part.before) / (whole.after + whole.before || 1);
  const error = Math.sqrt(
    pooled * (1 - pooled) * (1 / (whole.after || 1) + 1 / (whole.before || 1)),
  );
  return { change, isNoise: Math.abs(change) <= Z * error };
}

/** More is red, less is blue, noise is grey; deeper the more it is of `largest`. */
export function differenceColor({ change, isNoise }: Difference, largest: number): string {
  if (isNoise || largest === 0) return 'rgb(205,205,205)';
  const depth = Math.min(1, Math.sqrt(Math.abs(change) / largest));
  const part = (from: number, range: number) => Math.round(from - range * depth);
  return change > 0
    ? `rgb(245,${part(200, 95)},${part(185, 105)})`
    : `rgb(${part(185, 95)},${part(205, 65)},250)`;
}
