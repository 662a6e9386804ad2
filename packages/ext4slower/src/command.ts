import { main as run } from '@probekit/core/cli';
import { ext4slower } from './ext4slower.js';

/** The tool as a command. */
export function main(): Promise<number> {
  return run(ext4slower);
}
