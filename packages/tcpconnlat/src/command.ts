import { main as run } from '@probekit/core/cli';
import { tcpconnlat } from './tcpconnlat.js';

/** The tool as a command. */
export function main(): Promise<number> {
  return run(tcpconnlat);
}
