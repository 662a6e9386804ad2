#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/biolatency.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import('@probekit/core/cli');
  await main('biolatency', async () => (await import(built.href)).biolatency);
} else {
  process.stderr.write('biolatency: not built; run npm start\n');
  process.exitCode = 1;
}
