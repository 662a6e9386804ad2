#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/syscalls.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import('@probekit/core/cli');
  await main('syscalls', async () => (await import(built.href)).syscalls);
} else {
  process.stderr.write('syscalls: not built; run npm start\n');
  process.exitCode = 1;
}
