/** What the agent takes (agent/port.h); START, INPUT and SIGNAL name the program by an id of the asker's choice. */
export const Request = { START: 1, INPUT: 2, SIGNAL: 3, RESET: 4 } as const;

/** What the agent says. */
export const Reply = { READY: 1, PID: 2, STDOUT: 3, STDERR: 4, END: 5 } as const;

const MAGIC = 0x74626b70;

/** struct header of agent/port.h: magic, kind, id, length. */
const HEADER = 16;

/** The longest body that the agent takes: what a reader may still wait for when the other end has gone. */
export const MAX_BODY = 64 * 1024;

export interface Message {
  readonly kind: number;
  readonly id: number;
  readonly body: Buffer;
}

/** Throws RangeError where the body is longer than the agent takes. */
export function encode({ kind, id, body }: Message): Buffer {
  if (body.length > MAX_BODY) throw new RangeError(`a message of ${body.length} bytes`);
  const header = Buffer.alloc(HEADER);
  [MAGIC, kind, id, body.length].forEach((value, i) => {
    header.writeUInt32LE(value, i * 4);
  });
  return Buffer.concat([header, body]);
}

/** Takes messages out of a stream of bytes; what does not begin with the magic number is passed over. */
export class Decoder {
  private rest = Buffer.alloc(0);

  /** The messages that are complete now. */
  *take(bytes: Buffer): Generator<Message> {
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      if (this.rest.length < HEADER) return;
      const [magic, kind, id, length] = [0, 4, 8, 12].map((at) => this.rest.readUInt32LE(at)) as [
        number,
        number,
        number,
        number,
      ];
      if (magic !== MAGIC || length > MAX_BODY) {
        this.rest = this.rest.subarray(1);
        continue;
      }
      if (this.rest.length < HEADER + length) return;
      const body = this.rest.subarray(HEADER, HEADER + length);
      this.rest = this.rest.subarray(HEADER + length);
      yield { kind, id, body };
    }
  }
}

/** The body of START: the number of arguments, then directory, arguments and environment, each ended by a NUL. */
export function startBody(
  command: readonly string[],
  { cwd = process.cwd(), env = {} }: { cwd?: string; env?: Readonly<Record<string, string>> },
): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(command.length);
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const strings = [cwd, ...command, ...variables].map((text) => `${text}\0`);
  return Buffer.concat([count, Buffer.from(strings.join(''))]);
}
