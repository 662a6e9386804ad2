import { main as run } from '@probekit/core/cli';
import { biolatency } from './biolatency.js';

/** The tool as a command. */
export function main(): Promise<void> {
  return run(biolatency);
}
