// @ts-check
// To Node @probekit/core is three files, not forty: it takes half a millisecond for each, which would be most of every
// tool's start. What tsc wrote is put together, not changed.
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: { index: 'dist/index.js', cli: 'dist/cli/index.js' },
  platform: 'node',
  external: ['leven'],
  output: { dir: 'dist/bundle', chunkFileNames: 'shared.js' },
});
