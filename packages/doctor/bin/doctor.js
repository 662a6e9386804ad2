#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/command.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import(built.href);
  await main();
} else {
  process.stderr.write('doctor: not built; run npm start\n');
  process.exitCode = 1;
}
