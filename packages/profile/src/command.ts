import { main as run } from '@probekit/core/cli';
import { profile } from './profile.js';

/** The tool as a command. */
export function main(): Promise<number> {
  return run(profile);
}
