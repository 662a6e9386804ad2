// @ts-check
// A package's command as one CommonJS file, with core in it: what Node takes to find and link the modules of a tool, and
// to begin with ES modules at all, is more than half of its start. What tsc wrote is put together, not changed.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'rolldown';

/** Of ours, what finds its page beside itself. */
const APART = '@probekit/flamegraph';
/** Of others', what core needs at a start. */
const INSIDE = ['leven'];

export default defineConfig({
  input: 'dist/command.js',
  platform: 'node',
  external: (id) => {
    if (id === APART) return true;
    return /^[@a-z]/.test(id) && !id.startsWith('@probekit/') && !INSIDE.includes(id);
  },
  output: {
    file: 'dist/command.cjs',
    format: 'cjs',
    codeSplitting: false,
    postBanner: ({ moduleIds }) => licences(moduleIds),
  },
});

/** The licences of others' packages, as they want it in every copy. @param {readonly string[]} modules */
function licences(modules) {
  const directories = modules.map((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]);
  const texts = [...new Set(directories)].flatMap((directory) => {
    if (!directory) return [];
    const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice)\b/i.test(file));
    if (files.length === 0) throw new Error(`${directory}: no licence to go with its code`);
    return [
      path.basename(directory),
      ...files.map((file) => readFileSync(path.join(directory, file), 'utf8')),
    ];
  });
  return texts.length > 0 ? `/*!\n${texts.map((text) => text.trim()).join('\n\n')}\n*/` : '';
}
