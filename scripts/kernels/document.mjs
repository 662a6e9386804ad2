// @ts-check

/**
 * docs/kernels.md: the matrix for a reader.
 * @param {import('./matrix.mjs').Matrix} matrix
 * @returns {string}
 */
export function document(matrix) {
  const columns = Object.entries(matrix);
  // The others have nothing but skips.
  const kernels = columns.filter(
    ([, { rows, instructions }]) => Object.keys({ ...rows, ...instructions }).length > 0,
  );
  const names = kernels.map(([name]) => (name === 'host' ? 'development host' : name));
  const rows = [...new Set(kernels.flatMap(([, { rows }]) => Object.keys(rows)))];
  const cell = (/** @type {string} */ row) =>
    kernels.map(([, column]) => {
      const found = column.rows[row];
      return found ?? '-';
    });
  const skips = columns.flatMap(([name, column]) =>
    Object.entries(column.skips).map(([test, cause]) => `- ${name}: ${test}: ${cause}`),
  );
  return `# Kernels

Written by \`npm run kernels\` from a run of the tests on each kernel; \`npm test\` runs them again, and a plan that differs
from this table fails, as does a program that the verifier takes 20 % longer over.

${table(
  ['', ...names],
  [
    ['release', ...kernels.map(([, { release }]) => release)],
    ...rows.map((row) => [`\`${row}\``, ...cell(row)]),
  ],
)}
5.10 to 7.x are Debian's kernels for virtual machines, x86-64, in qemu without hardware virtualization; which version of
each series depends on the day. A cell names the plan that the tool takes there, best first of those that the kernel
allows; \`doctor\` says the same for the machine it runs on. It is written only when every test passes on every kernel.

Not run anywhere: hardware CPU cycles (no machine of ours has counters), arm64. For arm64 every object is checked against
the BTF of Debian's arm64 kernels: each kernel type that it reads is there.

## Skipped

${skips.length > 0 ? skips.join('\n') : 'Nothing.'}

## Verified instructions

${instructions(kernels)}`;
}

/** @param {[string, import('./matrix.mjs').Column][]} kernels */
function instructions(kernels) {
  /** @type {Map<string, string[]>} */
  const lines = new Map();
  kernels.forEach(([, column], i) => {
    for (const [object, programs] of Object.entries(column.instructions)) {
      for (const [program, count] of Object.entries(programs)) {
        const name = `\`${object}\` ${program}`;
        const line = lines.get(name) ?? kernels.map(() => '-');
        line[i] = `${count}`;
        lines.set(name, line);
      }
    }
  });
  const body = [...lines].map(([name, counts]) => [name, ...counts]);
  return table(['program', ...kernels.map(([name]) => name)], body);
}

/** @param {string[]} head @param {string[][]} body */
function table(head, body) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + body.map(line).join('');
}
