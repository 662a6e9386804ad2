import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until `look` finds something, for `seconds` at most; then throws with `what` was awaited. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false,
  seconds = 10,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await pause(10);
  }
}
