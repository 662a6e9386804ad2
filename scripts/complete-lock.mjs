// @ts-check
// npm drops from the lock what a registry mirror lacks: then npm ci refuses the lock everywhere. This puts every
// platform's package back, by name and version. Run it after each npm install that changed package-lock.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { lostPackages } from './check/lock.mjs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
for (const { name, version, of } of lostPackages(lock)) {
  lock.packages[`node_modules/${name}`] = {
    version,
    ...platform(name.slice(of.length)),
    dev: true,
    optional: true,
  };
}
const packages = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
writeFileSync(
  file,
  `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`,
);

/**
 * What npm asks before it installs: `…-linux-x64-musl` says it all.
 * @param {string} suffix
 */
function platform(suffix) {
  const [os, cpu] =
    /(android|darwin|freebsd|linux|openharmony|win32|wasm32)-(\w+)/.exec(suffix)?.slice(1) ?? [];
  if (!os || !cpu) throw new Error(`${suffix}: which platform is that?`);
  if (os === 'wasm32') return { cpu: ['wasm32'] };
  const libc = /-(gnu|musl)/.exec(suffix)?.[1];
  return {
    os: [os],
    cpu: [cpu],
    ...(os === 'linux' && libc ? { libc: [libc === 'gnu' ? 'glibc' : 'musl'] } : {}),
  };
}
