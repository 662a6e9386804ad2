import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finished, Machine } from './machine.js';

/**
 * Runs a tool as a library on a machine, with what its command line has no word for; prints as --json does.
 * `module`: the tool's built file, which exports it under `name`.
 */
export function runLibrary(
  machine: Machine,
  { module, name }: { module: string; name: string },
  input: object,
  options: { objectFile?: string } = {},
): Promise<Finished> {
  const script = fileURLToPath(new URL('run-tool.js', import.meta.url));
  const args = [path.resolve(module), name, JSON.stringify(input), JSON.stringify(options)];
  return machine.run([process.execPath, script, ...args]);
}
