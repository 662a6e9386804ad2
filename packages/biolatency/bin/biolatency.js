#!/usr/bin/env -S -u NODE_EXTRA_CA_CERTS node
// No TLS here: where that variable is set, Node 20 would parse all its certificates first, 30 ms of each start.
import { existsSync } from 'node:fs';

const built = new URL('../dist/biolatency.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import('@probekit/core/cli');
  await main('biolatency', async () => (await import(built.href)).biolatency);
} else {
  process.stderr.write('biolatency: not built; run npm start\n');
  process.exitCode = 1;
}
