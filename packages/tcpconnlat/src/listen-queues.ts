import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { type Column, type Rows, rows } from '@probekit/core';
import type { Signs } from './quality.js';

/** What the kernel counted of one network namespace's listeners. */
interface Drops {
  /** SYNs and final ACKs of handshakes that found the accept queue full. */
  readonly overflows: number;
  /** SYNs that found the queue of handshakes full, with syncookies off. */
  readonly requests: number;
}

const NONE: Drops = { overflows: 0, requests: 0 };

/** Namespaces whose statistics are kept open: each is a file descriptor. */
const MOST_KEPT = 512;

interface Namespace {
  /** Its netstat, which stays readable when its last process is gone. */
  readonly file: number;
  readonly before: Drops;
}

/**
 * Listen queues that overflow while a tool runs, by the kernel's own statistics of each network namespace that a
 * process is in. What it counts there is no event of ours: it explains them.
 */
export class ListenQueues implements Disposable {
  private readonly namespaces = new Map<string, Namespace>();

  constructor() {
    for (const pid of readdirSync('/proc')) if (/^\d+$/.test(pid)) this.add(pid, undefined);
  }

  /** A namespace that a connection came from: one that is new began with nothing dropped. */
  see(netns: number, pid: number): void {
    if (pid > 0 && !this.namespaces.has(String(netns))) this.add(String(pid), NONE);
  }

  /** The rows of a ring, whose namespaces are seen. */
  async *watching<R extends { readonly netns: number; readonly pid: number }>(
    ring: AsyncIterable<readonly R[]>,
    columns: readonly Column<R>[],
  ): AsyncGenerator<Rows> {
    for await (const batch of ring) {
      for (const { netns, pid } of batch) this.see(netns, pid);
      yield rows(columns, batch);
    }
  }

  /** One line for each namespace where listeners dropped something meanwhile. */
  notices(signs: Signs): string[] {
    return [...this.namespaces].flatMap(([netns, { file, before }]) => {
      const now = readDrops(file);
      const overflows = now.overflows - before.overflows;
      const requests = now.requests - before.requests;
      return explain(netns, { overflows, requests }, signs);
    });
  }

  [Symbol.dispose](): void {
    for (const { file } of this.namespaces.values()) closeSync(file);
    this.namespaces.clear();
  }

  private add(pid: string, before: Drops | undefined): void {
    if (this.namespaces.size >= MOST_KEPT) return;
    try {
      const netns = /\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0];
      if (netns === undefined || this.namespaces.has(netns)) return;
      const file = openSync(`/proc/${pid}/net/netstat`, 'r');
      this.namespaces.set(netns, { file, before: before ?? readDrops(file) });
    } catch {
      // Gone meanwhile, or not ours to see.
    }
  }
}

function readDrops(file: number): Drops {
  const bytes = Buffer.alloc(1 << 16);
  return parseNetstat(bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)));
}

/** The words for one namespace; none where nothing was dropped. */
export function explain(
  netns: string,
  { overflows, requests }: Drops,
  { synRetransmitted, lateResponses }: Signs,
): string[] {
  if (overflows <= 0 && requests <= 0) return [];
  const where = `in network namespace ${netns}`;
  const wayOut = 'accept() faster, or raise the backlog of listen() and net.core.somaxconn';
  const times = overflows + requests;
  if (synRetransmitted > 0) {
    return [
      `listen queue overflow: a listener ${where} dropped ${times} SYNs or ACKs, and ${synRetransmitted} connections had to repeat their SYN; ${wayOut}`,
    ];
  }
  if (lateResponses > 0) {
    return [
      `accept queue overflow: a listener ${where} dropped the last ACK of ${times} handshakes, and ${lateResponses} connections were established at once but answered late; ${wayOut}`,
    ];
  }
  return [`listen queue overflow: a listener ${where} dropped ${times} SYNs or ACKs; ${wayOut}`];
}

/** The two counters of /proc/PID/net/netstat, whose lines are names and then values. */
export function parseNetstat(text: string): Drops {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  const value = (name: string) => Number(values[names.indexOf(name)] ?? 0);
  return { overflows: value('ListenOverflows'), requests: value('TCPReqQFullDrop') };
}
