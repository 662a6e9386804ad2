#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/funclatency.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import('@probekit/core/cli');
  await main('funclatency', async () => (await import(built.href)).funclatency);
} else {
  process.stderr.write('funclatency: not built; run npm start\n');
  process.exitCode = 1;
}
