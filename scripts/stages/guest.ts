// Boots the kernel that a project of the vm tier is named after, and tells its tests where the guest is.
import {
  boot,
  buildImage,
  type GuestAddress,
  getKernel,
  type Kernel,
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

/** GUEST: the kernel and a root file system that was built already; without it, both are made here. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { name } = kernelNamed(project.name.replace('vm ', ''));
  const given = process.env.GUEST;
  const { kernel, image, remove } = given ? found(given) : await made(name);
  try {
    const { socket, close } = await boot(kernel, image);
    project.provide('guest', { name, socket });
    return async () => {
      await close();
      remove();
    };
  } catch (error) {
    remove();
    throw error;
  }
}

interface Bootable {
  readonly kernel: Kernel;
  readonly image: string;
  readonly remove: () => void;
}

function found(given: string): Bootable {
  return { ...(JSON.parse(given) as { kernel: Kernel; image: string }), remove() {} };
}

async function made(name: Kernel['name']): Promise<Bootable> {
  const kernel = await getKernel(name);
  const { file, remove } = buildImage(root, [kernel]);
  return { kernel, image: file, remove };
}
