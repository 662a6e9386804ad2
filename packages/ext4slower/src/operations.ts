import { UsageError } from '@probekit/core';

/** enum op of operation.bpf.h: BCC's letters, and names for what BCC does not have. */
export const OPERATIONS = [
  'R',
  'W',
  'O',
  'S',
  'mmap',
  'mkwrite',
  'splice',
  'truncate',
  'rename',
  'unlink',
  'mkdir',
  'readdir',
] as const;

export type OperationName = (typeof OPERATIONS)[number];

/** BCC's. */
const USUAL = 'R,W,O,S';

/** Of a list of names, letters in either case, or `all`. Throws UsageError for a name that there is not. */
export function operationsOf(list = USUAL): OperationName[] {
  const asked = list.split(',').map((name) => name.trim());
  if (asked.includes('all')) return [...OPERATIONS];
  const wanted = new Set(
    asked.map((name) => {
      const found = OPERATIONS.find((known) => known.toLowerCase() === name.toLowerCase());
      if (!found) {
        throw new UsageError(
          `--ops: no operation "${name}"; there are all, ${OPERATIONS.join(', ')}`,
        );
      }
      return found;
    }),
  );
  return OPERATIONS.filter((name) => wanted.has(name));
}
