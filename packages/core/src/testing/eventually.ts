import { setTimeout as pause } from 'node:timers/promises';

type Found<T> = T | undefined | false;

/** Asks again and again until `look` finds something, for `seconds` at most; then throws with `what` was awaited. */
export async function eventually<T>(
  what: string,
  look: () => Found<T> | Promise<Found<T>>,
  seconds = 10,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await pause(10);
  }
}
