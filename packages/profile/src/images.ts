import type { Held, Symbolizer, TypedRing } from '@probekit/core';
import type { Image } from './profile.gen.js';

/** What became of each program that was sampled. */
export type Images = ReadonlyMap<bigint, Held>;

/** Holds programs as they are sampled, so that their addresses have names when they are gone. Resolves when the ring ends. */
export async function holdImages(ring: TypedRing<Image>, symbolizer: Symbolizer): Promise<Images> {
  const images = new Map<bigint, Held>();
  for await (const batch of ring) {
    await Promise.all(
      batch.map(async (record) => {
        const { image, pid, isFixed } = record;
        // Of another PID namespace: we have no /proc of it.
        const held =
          pid === 0 ? 'hidden' : await symbolizer.hold({ ...record, isFixed: isFixed !== 0 });
        if (images.get(image) !== 'held') images.set(image, held);
      }),
    );
  }
  return images;
}
