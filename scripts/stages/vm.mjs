// @ts-check
import { column, compare, readMatrix } from '../kernels/matrix.mjs';
import { root } from '../setup/builder.mjs';
import { failure } from './outcome.mjs';
import { vitest } from './vitest.mjs';

/** No kernel of its own: what its column says is which kernels could not be looked at. */
const BTF = { name: 'btf', project: 'btf', release: 'types of every kernel' };

/**
 * The bodies of the kernel tier on every kernel of the matrix, and what they recorded beside what docs/kernels.json
 * says; then what the objects read of these kernels and those of arm64, which do not run.
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
  const columns = kernels.map(({ name, modules }) => ({
    name: /** @type {string} */ (name),
    project: `vm ${name}`,
    release: modules.split('/').at(-1) ?? '',
  }));
  for (const { name, project, release } of [...columns, BTF]) {
    const start = performance.now();
    const outcome = await vitest(project, { minutes: 20, env: { IMAGE: image.file } })();
    const did = column(release, outcome);
    ran[name] = did;
    const { compared, faults } = compare(name, did, matrix[name]);
    for (const fault of faults) process.stdout.write(`FAILED ${fault}\n`);
    const failed = outcome.failed + faults.length;
    const passed = outcome.passed + compared - faults.length;
    total.failed += failed;
    total.passed += passed;
    total.skipped.push(
      ...outcome.skipped.map((skip) => ({ ...skip, name: `${name}: ${skip.name}` })),
    );
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stdout.write(
      `-- kernel ${name} (${release}): ${passed} passed, ${failed} failed in ${seconds} s\n`,
    );
  }
  image.remove();
  return total;
}
