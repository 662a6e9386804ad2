import { BpfError, ToolError } from './errors.js';
import { callingSync, type ElfFunctions, type KernelFunctions, native } from './native.js';

/** The functions of kallsyms. Throws BpfError where it cannot be read. */
export function kernelFunctions(): KernelFunctions {
  return callingSync(() => native().kernelFunctions());
}

/** Whether a BTF program can attach to the kernel function of that name. */
export function hasKernelType(name: string): boolean {
  return callingSync(() => native().kernelType('function', name)) !== null;
}

/** The functions of an ELF file; see the add-on. Throws ToolError with the path where it is none that can be read. */
export function elfFunctions(path: string, root?: string): ElfFunctions {
  try {
    return callingSync(() => native().elfFunctions(path, root));
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    throw new ToolError(`cannot read ${path}: ${error.detail ?? error.code}`, 1, { cause: error });
  }
}

/** Numbers of system calls by name: of 64-bit programs, or (compat) of 32-bit ones on the same machine. */
export function systemCalls(compat = false): Readonly<Record<string, number>> {
  return callingSync(() => native().systemCalls(compat));
}

/** Where the function that does nothing lies, which callEmpty('user') calls. */
export function emptyFunction(): { readonly path: string; readonly offset: number } {
  return callingSync(() => native().emptyFunction());
}

/** Calls a function that does nothing so many times: what a probe of it measures is the probe. */
export function callEmpty(kind: 'user' | 'kernel' | 'system', times: number): void {
  callingSync(() => native().callEmpty(kind, times));
}
