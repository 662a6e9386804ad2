// @ts-check

/** Set-up cannot go on; the message is for the person, first line first. */
export class SetupError extends Error {}

/**
 * Runs one stage and says on stderr what it is and how long it took.
 * @template T
 * @param {string} name
 * @param {() => T | Promise<T>} body
 * @returns {Promise<T>}
 */
export async function stage(name, body) {
  const start = performance.now();
  process.stderr.write(`${name} ...\n`);
  const result = await body();
  process.stderr.write(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  return result;
}
