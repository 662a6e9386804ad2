import { main as run } from '@probekit/core/cli';
import { funclatency } from './funclatency.js';

/** The tool as a command. */
export function main(): Promise<number> {
  return run(funclatency);
}
