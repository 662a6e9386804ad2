// @ts-check
import { column, compare, readMatrix } from '../kernels/matrix.mjs';
import { withMatrix } from './outcome.mjs';
import { vitest } from './vitest.mjs';

/** The column of the matrix that is no kernel: which kernels' types could not be looked at. */
export const BTF = 'btf';

/** What the objects read, held against the types of every kernel, and of those of arm64, which do not run. */
export async function btf() {
  const outcome = await vitest('btf', { minutes: 10 })();
  const comparison = compare(BTF, column('', outcome), readMatrix()[BTF]);
  for (const fault of comparison.faults) process.stdout.write(`FAILED ${fault}\n`);
  return withMatrix(outcome, comparison);
}
