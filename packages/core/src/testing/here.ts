import { host } from './host.js';
import type { Machine } from './machine.js';
import { connectGuest } from './vm/guest.js';

/** Where a body of the kernel tier runs: null is this host. What `inject('guest')` of vitest says. */
export type GuestAddress = { readonly name: string; readonly socket: string } | null;

/** The machine that a body of the kernel tier drives. */
export async function machineAt(guest: GuestAddress): Promise<Machine> {
  return guest ? connectGuest(guest.name, guest.socket) : host;
}
