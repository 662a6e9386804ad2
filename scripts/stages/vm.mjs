// @ts-check
import { column, compare, readMatrix } from '../kernels/matrix.mjs';
import { root } from '../setup/builder.mjs';
import { failure } from './outcome.mjs';
import { vitest } from './vitest.mjs';

/**
 * The bodies of the kernel tier on every kernel of the matrix, and what they recorded beside what docs/kernels.json says.
 * @param {import('../kernels/matrix.mjs').Matrix} [ran] is filled with what each kernel did
 * @returns {Promise<import('./outcome.mjs').Outcome>}
 */
export async function vm(ran = {}) {
  // Built by now: npm test builds first.
  const { buildImage, getKernel, KERNELS } = await import('@probekit/core/testing');
  const total = {
    passed: 0,
    failed: 0,
    skipped: /** @type {{ name: string, cause: string }[]} */ ([]),
  };
  const kernels = [];
  for (const { name } of KERNELS) {
    try {
      kernels.push(await getKernel(name));
    } catch (error) {
      total.failed += failure(/** @type {Error} */ (error).message).failed;
    }
  }
  const image = buildImage(root, kernels);
  const matrix = readMatrix();
  for (const kernel of kernels) {
    const start = performance.now();
    const release = kernel.modules.split('/').at(-1) ?? '';
    const outcome = await vitest(`vm ${kernel.name}`, {
      minutes: 20,
      env: { IMAGE: image.file },
    })();
    const did = column(release, outcome);
    ran[kernel.name] = did;
    const { compared, faults } = compare(kernel.name, did, matrix[kernel.name]);
    for (const fault of faults) process.stdout.write(`FAILED ${fault}\n`);
    const failed = outcome.failed + faults.length;
    const passed = outcome.passed + compared - faults.length;
    total.failed += failed;
    total.passed += passed;
    total.skipped.push(
      ...outcome.skipped.map(({ name, cause }) => ({ name: `${kernel.name}: ${name}`, cause })),
    );
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stdout.write(
      `-- kernel ${kernel.name} (${release}): ${passed} passed, ${failed} failed in ${seconds} s\n`,
    );
  }
  image.remove();
  return total;
}
