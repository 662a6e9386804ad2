import { main as run } from '@probekit/core/cli';
import { syscalls } from './syscalls.js';

/** The tool as a command. */
export function main(): Promise<number> {
  return run(syscalls);
}
