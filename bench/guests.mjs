// @ts-check
// A benchmark in the guests of the kernel tier. What emulation takes depends on what else this machine does, and that only
// ever adds: there the best rounds tell more than the median.
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
  const { socket, close } = await boot(kernel, image.file).finally(image.remove);
  try {
    return await body(await connectGuest(name, socket));
  } finally {
    await close();
  }
}
