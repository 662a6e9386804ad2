#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/tcpconnlat.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import('@probekit/core/cli');
  await main('tcpconnlat', async () => (await import(built.href)).tcpconnlat);
} else {
  process.stderr.write('tcpconnlat: not built; run npm start\n');
  process.exitCode = 1;
}
