import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { connectGuest } from '../../../src/testing/vm/guest.js';
import { Decoder, encode, MAX_BODY, Reply, Request } from '../../../src/testing/vm/protocol.js';

/** Listens as an agent does that still waits for so many bytes of a body; its one program is uname. */
async function agent(socket: string, owed: number) {
  const server = createServer((port) => {
    const decoder = new Decoder();
    let rest = owed;
    port.on('data', (bytes) => {
      const swallowed = Math.min(rest, bytes.length);
      rest -= swallowed;
      for (const { kind, id, body } of decoder.take(bytes.subarray(swallowed))) {
        if (kind === Request.RESET) port.write(encode({ kind: Reply.READY, id, body }));
        if (kind !== Request.START) continue;
        port.write(encode({ kind: Reply.STDOUT, id, body: Buffer.from('6.1.0\n') }));
        port.write(encode({ kind: Reply.END, id, body: Buffer.alloc(4) }));
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  return server;
}

it.each([
  ['at once', 0],
  ['that waits for the rest of a message', 100],
  ['that waits for all of the longest message', MAX_BODY],
])('connects to an agent %s', async (_, owed) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'guest-'));
  const socket = path.join(directory, 'port');
  const server = await agent(socket, owed);
  try {
    const guest = await connectGuest('6.1', socket);
    expect(guest.kernel).toBe('6.1.0');
    expect((await guest.run(['uname'])).code).toBe(0);
    guest.disconnect();
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
});
