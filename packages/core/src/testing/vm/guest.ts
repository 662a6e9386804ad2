import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import type { Finished, Machine, Started, StartOptions } from '../machine.js';
import { Transcript } from '../transcript.js';
import { Decoder, encode, MAX_BODY, type Message, Reply, Request, startBody } from './protocol.js';

/** Seconds that an agent has for its first answer: it ends what runs before. */
const PATIENCE_S = 30;
/** Seconds after which it may be waiting for the rest of a message that nobody will send. */
const DOUBT_S = 3;

/** A guest whose agent answers at the socket of its serial port. One at a time may be connected. */
export interface Guest extends Machine {
  /** Leaves the guest running, and what was started in it until the next connection. */
  disconnect(): void;
}

interface Child {
  readonly transcript: Transcript;
  readonly decoders: Readonly<Record<'stdout' | 'stderr', StringDecoder>>;
  pid: number | undefined;
}

/**
 * Connects to the agent of a guest; all that a previous connection had started is ended. Rejects when there is no
 * answer.
 */
export async function connectGuest(name: string, socketPath: string): Promise<Guest> {
  const socket = await dial(socketPath);
  if (!socket) throw new Error(`nobody answers for guest ${name} at ${socketPath}`);
  await agreed(name, socket);
  const children = new Map<number, Child>();
  const decoder = new Decoder();
  let lastId = 0;
  let gone: Error | undefined;
  socket.on('data', (bytes) => {
    for (const message of decoder.take(bytes)) hear(children, message);
  });
  socket.on('close', () => {
    gone = new Error(`the guest ${name} went away`);
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
    if (gone) transcript.fail(gone);
    const endInput = () => say(Request.INPUT, id, Buffer.alloc(0));
    const input = (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += MAX_BODY) {
        say(Request.INPUT, id, bytes.subarray(at, at + MAX_BODY));
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

  return {
    name,
    kernel: expectSuccess(await run(['uname', '-r'])).trim(),
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

/** Resolves when the agent of a guest that boots says that it is there. */
export async function awaitAgent(name: string, socket: Socket): Promise<void> {
  // What is said to a serial port before it has a driver is lost, in part: only listen.
  try {
    await readiness(name, socket, () => true);
  } finally {
    socket.destroy();
  }
}

/**
 * Begins anew, with an answer that nobody else can have asked for. Where an earlier connection left something half said,
 * the first question is taken for its end: then come as many zeros as the agent can still wait for, which take a second.
 */
async function agreed(name: string, socket: Socket): Promise<void> {
  const nonce = randomBytes(16);
  const reset = encode({ kind: Request.RESET, id: 0, body: nonce });
  socket.write(reset);
  const doubt = setTimeout(() => {
    socket.write(Buffer.alloc(MAX_BODY));
    socket.write(reset);
  }, DOUBT_S * 1000);
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`the agent of guest ${name} gives no answer within ${PATIENCE_S} s`);
    setTimeout(() => reject(error), PATIENCE_S * 1000).unref();
  });
  try {
    await Promise.race([readiness(name, socket, (body) => body.equals(nonce)), late]);
  } finally {
    clearTimeout(doubt);
  }
}

/** Resolves at a READY whose body is the right one; rejects when the guest goes away. */
function readiness(name: string, socket: Socket, right: (body: Buffer) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const decoder = new Decoder();
    const forget = () => {
      socket.off('data', listen);
      socket.off('close', leave);
    };
    const listen = (bytes: Buffer) => {
      for (const { kind, body } of decoder.take(bytes)) {
        if (kind !== Reply.READY || !right(body)) continue;
        forget();
        resolve();
        return;
      }
    };
    const leave = () => {
      forget();
      reject(new Error(`the guest ${name} went away`));
    };
    socket.on('data', listen);
    socket.on('close', leave);
  });
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

/** Connects to the port of a guest; undefined while nobody listens there. */
export function dial(socketPath: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => resolve(socket));
    // Once connected, `close` follows.
    socket.on('error', () => resolve(undefined));
  });
}
