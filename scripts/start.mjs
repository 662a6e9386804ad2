// @ts-check
// From a clone to a flame graph: sets up, builds, and profiles this machine for 10 s into cpu.svg and cpu.folded.
import { chownSync, existsSync } from 'node:fs';
import path from 'node:path';
import { isRoot, owner, root } from './setup/builder.mjs';
import { setUp } from './setup/set-up.mjs';

if (!(await setUp('npm start'))) {
  process.exitCode = 1;
} else if (!isRoot) {
  const profile = path.join(root, 'scripts/first-profile.mjs');
  const words = ['sudo', process.execPath, profile, ...process.argv.slice(2)];
  const line = words.map(quoted).join(' ');
  process.stderr.write(`built; a profile of the whole machine needs root: ${line}\n`);
  process.exitCode = 3;
} else {
  await import('./first-profile.mjs');
  for (const file of ['cpu.svg', 'cpu.folded']) {
    if (owner && existsSync(file)) chownSync(file, owner.uid, owner.gid);
  }
}

/**
 * As a shell reads it back.
 * @param {string} word
 */
function quoted(word) {
  return /^[\w./=:,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
