// @ts-check
// `npm run format`: every language as its formatter has it.
import { cFiles } from './check/c-files.mjs';
import { root, run } from './setup/builder.mjs';
import { clangFormat } from './toolchain.mjs';

const FORMATTERS = [
  [process.execPath, 'node_modules/@biomejs/biome/bin/biome', 'check', '--write'],
  ['cargo', 'fmt', '--all'],
  [clangFormat(), '-i', ...cFiles(root)],
];

for (const [program = '', ...args] of FORMATTERS) {
  const { status, output } = await run(program, args);
  if (status === 0) continue;
  process.stderr.write(output);
  process.exitCode = 1;
}
