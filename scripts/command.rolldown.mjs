// @ts-check
// A package's command as one CommonJS file, with core in it: what Node takes to find and link the modules of a tool, and
// to begin with ES modules at all, is more than half of its start. What tsc wrote is put together, not changed.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

/** It finds its page beside itself. */
const APART = '@probekit/flamegraph';

/** @type {{ dependencies?: Record<string, string> }} */
const { dependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
const strangers = Object.keys(dependencies).filter((name) => !name.startsWith('@probekit/'));

export default defineConfig({
  input: 'dist/command.js',
  platform: 'node',
  external: [APART, ...strangers],
  output: {
    file: 'dist/command.cjs',
    format: 'cjs',
    codeSplitting: false,
    postBanner: '/*! With leven (MIT, Sindre Sorhus). */',
  },
});
