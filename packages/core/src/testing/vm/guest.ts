import { readFile, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import type { Finished, Machine, Started, StartOptions } from '../machine.js';
import { Transcript } from '../transcript.js';
import { Decoder, encode, type Message, Reply, Request, startBody } from './protocol.js';

/** Bytes of input in one message; agent.c takes up to a megabyte. */
const CHUNK = 256 * 1024;

/** A guest whose agent answers at the socket of its serial port. One at a time may be connected. */
export interface Guest extends Machine {
  /** Leaves the guest running, without what was started in it. */
  disconnect(): void;
}

interface Child {
  readonly transcript: Transcript;
  readonly decoders: Readonly<Record<'stdout' | 'stderr', StringDecoder>>;
  pid: number | undefined;
}

/**
 * Connects to the agent of a guest; all that a previous connection had started is ended. `booting`: the agent is yet to
 * come; what is said to a serial port before it has a driver is lost, in part.
 */
export async function connectGuest(
  name: string,
  socketPath: string,
  { booting = false } = {},
): Promise<Guest> {
  const socket = await connected(socketPath);
  const children = new Map<number, Child>();
  const decoder = new Decoder();
  // Replies to an earlier connection may still be under way.
  let lastId = Math.floor(Math.random() * 2 ** 31);
  let announce: (release: string) => void = () => {};
  let refuse: (error: Error) => void = () => {};
  const ready = new Promise<string>((resolve, reject) => {
    announce = resolve;
    refuse = reject;
  });
  socket.on('data', (bytes) => {
    for (const message of decoder.take(bytes)) {
      if (message.kind === Reply.READY) announce(message.body.toString());
      else hear(children, message);
    }
  });
  socket.on('close', () => {
    const gone = new Error(`the guest ${name} went away`);
    refuse(gone);
    for (const { transcript } of children.values()) transcript.fail(gone);
  });
  const say = (kind: number, id: number, body: Buffer) => {
    socket.write(encode({ kind, id, body }));
  };

  const start = (command: readonly string[], options: StartOptions = {}): Started => {
    const id = ++lastId;
    const [file = ''] = command;
    const transcript = new Transcript(file, options.onOutput);
    const decoders = { stdout: new StringDecoder(), stderr: new StringDecoder() };
    const child: Child = { transcript, decoders, pid: undefined };
    children.set(id, child);
    const endInput = () => say(Request.INPUT, id, Buffer.alloc(0));
    const input = (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += CHUNK) {
        say(Request.INPUT, id, bytes.subarray(at, at + CHUNK));
      }
    };
    say(Request.START, id, startBody(command, options));
    if (options.input !== undefined) {
      input(Buffer.from(options.input));
      endInput();
    }
    return {
      get pid() {
        if (child.pid === undefined) throw new Error(`${file}: its pid is known once it prints`);
        return child.pid;
      },
      done: transcript.done,
      waitFor: (pattern) => transcript.waitFor(pattern),
      write: (text) => (text === null ? endInput() : input(Buffer.from(text))),
      signal(signal) {
        const number = Buffer.alloc(4);
        number.writeInt32LE(constants.signals[signal]);
        say(Request.SIGNAL, id, number);
      },
    };
  };
  const run = (command: readonly string[], options?: StartOptions) =>
    start(command, { input: '', ...options }).done;

  if (!booting) say(Request.RESET, 0, Buffer.alloc(0));
  const kernel = await ready;
  return {
    name,
    kernel,
    start,
    run,
    async read(file) {
      return expectSuccess(await run(['cat', file]));
    },
    async copyIn(file) {
      const mode = ((await stat(file)).mode & 0o777).toString(8);
      const script = 'mkdir -p "$(dirname "$1")" && cat > "$1" && chmod "$2" "$1"';
      const input = await readFile(file);
      expectSuccess(await run(['sh', '-c', script, 'sh', file, mode], { input }));
    },
    disconnect: () => void socket.destroy(),
  };
}

function hear(children: Map<number, Child>, { kind, id, body }: Message): void {
  const child = children.get(id);
  if (!child) return;
  const { transcript, decoders } = child;
  switch (kind) {
    case Reply.PID:
      child.pid = body.readUInt32LE(0);
      return;
    case Reply.STDOUT:
      transcript.add('stdout', decoders.stdout.write(body));
      return;
    case Reply.STDERR:
      transcript.add('stderr', decoders.stderr.write(body));
      return;
    case Reply.END:
      children.delete(id);
      transcript.end(howItEnded(body.readInt32LE(0)));
  }
}

/** As wait(2) encodes it. */
function howItEnded(status: number): Pick<Finished, 'code' | 'signal'> {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff, signal: null };
  const [signal = 'SIGKILL'] = Object.entries(constants.signals)
    .filter(([, value]) => value === number)
    .map(([name]) => name as NodeJS.Signals);
  return { code: null, signal };
}

function expectSuccess({ code, stdout, stderr }: Finished): string {
  if (code !== 0) throw new Error(stderr.trim());
  return stdout;
}

function connected(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}
