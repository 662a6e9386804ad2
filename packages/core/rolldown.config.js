// @ts-check
// For programs that import it @probekit/core is three files, not forty: Node takes half a millisecond for each. What tsc
// wrote is put together, not changed. Commands have core in a bundle of their own.
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: { index: 'dist/index.js', cli: 'dist/cli/index.js' },
  platform: 'node',
  external: ['leven'],
  output: { dir: 'dist/bundle', chunkFileNames: 'shared.js' },
});
