import { main as run } from '@probekit/core/cli';
import { biolatency } from './biolatency.js';

/** The tool as a command. */
export function main(): Promise<number> {
  return run(biolatency);
}
