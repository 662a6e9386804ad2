// @ts-check
// The lock must install anywhere: no registry named, no platform's package left out.

/**
 * @typedef {{ resolved?: string, link?: boolean, optionalDependencies?: Record<string, string> }} Entry
 * @typedef {{ packages: Record<string, Entry> }} Lock
 */

/**
 * What is wrong with the lock, a sentence each.
 * @param {Lock} lock
 * @returns {string[]}
 */
export function lockFaults(lock) {
  const places = Object.entries(lock.packages)
    .filter(([, { resolved, link }]) => resolved && !link)
    .map(([place, { resolved }]) => `${place} names where it came from: ${resolved}`);
  const lost = lostPackages(lock).map(
    ({ name, of }) => `${of} lost its ${name}; run node scripts/complete-lock.mjs`,
  );
  return [...places, ...lost];
}

/**
 * Optional packages that some package names and the lock has no entry for.
 * @param {Lock} lock
 * @returns {{ name: string, version: string, of: string }[]}
 */
export function lostPackages({ packages }) {
  return Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !nested(place, name).some((at) => at in packages))
      .map(([name, version]) => ({ name, version, of: place.replace(/^.*node_modules\//, '') })),
  );
}

/**
 * Where Node would look for `name` from `place`.
 * @param {string} place
 * @param {string} name
 */
function nested(place, name) {
  const places = [];
  for (let at = place; at; at = at.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    places.push(`${at}/node_modules/${name}`);
    if (!at.includes('node_modules')) break;
  }
  return [...places, `node_modules/${name}`];
}
