// @ts-check
// A benchmark in the guests of the kernel tier. Their clocks count instructions, one a nanosecond: emulated time would
// depend on what else this machine does, and not on caches and branches as a processor's does.
import { fileURLToPath } from 'node:url';
import { boot, buildImage, connectGuest, getKernel } from '@probekit/core/testing';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/**
 * @template T
 * @param {import('@probekit/core/testing').Kernel['name']} name
 * @param {readonly string[]} files that it needs beside the checkout, at the paths that they have here
 * @param {(machine: import('@probekit/core/testing').Machine) => Promise<T>} body
 */
export async function inGuest(name, files, body) {
  const kernel = await getKernel(name);
  const image = buildImage(root, [kernel], files);
  const { socket, close } = await boot(kernel, image.file, {
    countInstructions: true,
  }).finally(image.remove);
  try {
    return await body(await connectGuest(name, socket));
  } finally {
    await close();
  }
}
