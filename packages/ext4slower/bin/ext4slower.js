#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/ext4slower.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import('@probekit/core/cli');
  await main('ext4slower', async () => (await import(built.href)).ext4slower);
} else {
  process.stderr.write('ext4slower: not built; run npm start\n');
  process.exitCode = 1;
}
