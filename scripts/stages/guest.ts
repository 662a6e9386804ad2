// Boots the kernel that a project of the vm tier is named after, and tells its tests where the guest is.

import {
  boot,
  buildImage,
  type GuestAddress,
  getKernel,
  kernelNamed,
} from '@probekit/core/testing';
import type { TestProject } from 'vitest/node';
import { root } from '../setup/builder.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    guest: GuestAddress;
  }
  interface TaskMeta {
    /** The plan that a run took, by the name of a row of docs/kernels.md. */
    plans?: Record<string, string>;
    /** Verified instructions, by object and program. */
    instructions?: Record<string, Record<string, number>>;
  }
}

/** IMAGE: a root file system that was built already. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { name } = kernelNamed(project.name.replace('vm ', ''));
  const kernel = await getKernel(name);
  const { IMAGE } = process.env;
  const image = IMAGE ? undefined : buildImage(root, [kernel]);
  const { socket, close } = await boot(kernel, IMAGE ?? (image?.file as string));
  project.provide('guest', { name, socket });
  return async () => {
    await close();
    image?.remove();
  };
}
