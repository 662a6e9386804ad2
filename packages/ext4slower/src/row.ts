import { skeleton as generated, type Operation } from './ext4slower.gen.js';
import { type Path, readPath } from './path.js';

/** enum trait of operation.bpf.h. */
export const TRAIT = {
  offset: 1,
  bytes: 2,
  name: 4,
  path: 8,
  cut: 16,
  deleted: 32,
  async: 64,
} as const;

/** A record of the ring: the operation, and the path that follows it. */
export interface Row extends Operation {
  /** null: not known. */
  readonly path: Path | null;
  /** Of a rename: the new one. */
  readonly to: Path | null;
}

const { operations } = generated.rings;

/** The generated skeleton, with rows whose length differs. */
export const skeleton = {
  ...generated,
  rings: {
    operations: {
      ...operations,
      decode(bytes: Buffer, at: number): Row {
        const operation = operations.decode(bytes, at);
        const { traits, pathBytes, toBytes } = operation;
        const isCut = (traits & TRAIT.cut) !== 0;
        const from = at + operations.size;
        const path = traits & TRAIT.path ? readPath(bytes, from, pathBytes, isCut) : null;
        const to = toBytes > 0 ? readPath(bytes, from + pathBytes, toBytes, isCut) : null;
        return Object.assign(operation, { path, to });
      },
    },
  },
} as const;
