// @ts-check
// guests.mjs [NAME ...]: gets every kernel of the matrix, or those that are named, and builds the image of their guests,
// as whoever builds; prints where they are, as JSON. A kernel that cannot be had is named with its cause.
import { buildImage, getKernel, KERNELS } from '@probekit/core/testing';
import { root } from '../setup/builder.mjs';

/**
 * @typedef {{ image: string, kernels: import('@probekit/core/testing').Kernel[], missing: string[] }} Guests
 */

/** @type {Guests['kernels']} */
const kernels = [];
/** @type {string[]} */
const missing = [];
const named = process.argv.slice(2);
for (const { name } of KERNELS) {
  if (named.length > 0 && !named.includes(name)) continue;
  try {
    kernels.push(await getKernel(name));
  } catch (error) {
    missing.push(/** @type {Error} */ (error).message);
  }
}
const { file: image } = buildImage(root, kernels);
process.stdout.write(`${JSON.stringify({ image, kernels, missing })}\n`);
