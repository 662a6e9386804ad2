#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/profile.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import('@probekit/core/cli');
  await main('profile', async () => (await import(built.href)).profile);
} else {
  process.stderr.write('profile: not built; run npm start\n');
  process.exitCode = 1;
}
