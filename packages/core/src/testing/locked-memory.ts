import type { Machine } from './machine.js';

/**
 * The capabilities, without the `CAP_`, that large maps take there: 5.10 counts memory of BPF against RLIMIT_MEMLOCK,
 * which nobody else may raise; 5.11 and later do not (bdd7b2fd4a9f).
 */
export function memoryCapabilities({ kernel }: Machine): string[] {
  return /^5\.10\./.test(kernel) ? ['SYS_RESOURCE'] : [];
}
