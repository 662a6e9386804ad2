import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { type Column, type Notice, notice, type Rows, rows } from '@probekit/core';
import { isNone, NO_SIGNS, plus, type Signs } from './signs.js';

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

/** Of many rows that tell of full queues, some are looked into. */
const LOOK_AGAIN_MS = 1000;

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
  /** What connections from a namespace showed: its own listeners may be those that they came to. */
  private readonly signs = new Map<string, Signs>();
  private readonly said = new Set<string>();
  /** Those that a mount keeps, and maybe no process: what they dropped before nobody can read. */
  private readonly mounted = mountedNamespaces(readFileSync('/proc/self/mountinfo', 'latin1'));

  constructor() {
    for (const pid of processes()) this.add(pid, () => false);
  }

  /** A namespace that a connection came from. */
  see(netns: number, pid: number): void {
    if (pid > 0 && !this.namespaces.has(String(netns))) this.add(String(pid), this.isNew);
  }

  /** Those that came meanwhile and that no row showed. */
  lookAgain(): void {
    for (const pid of processes()) this.add(pid, this.isNew);
  }

  /**
   * The rows of a ring, whose namespaces are seen. `signsOf`: what one says of listeners; `isFull`: that it came to a full
   * queue. What overflows then is said at once, and not only at the end.
   */
  async *watching<R extends { readonly netns: number; readonly pid: number }>(
    ring: AsyncIterable<readonly R[]>,
    columns: readonly Column<R>[],
    { signsOf, isFull }: { signsOf?: (row: R) => Signs; isFull?: (row: R) => boolean },
  ): AsyncGenerator<Rows | Notice> {
    let isNews = false;
    let nextLook = 0;
    for await (const batch of ring) {
      if (isFull) isNews ||= batch.some(isFull);
      for (const row of batch) {
        this.see(row.netns, row.pid);
        const signs = signsOf?.(row) ?? NO_SIGNS;
        if (isNone(signs)) continue;
        this.signs.set(String(row.netns), plus(this.signsIn(row.netns), signs));
        isNews = true;
      }
      yield rows(columns, batch);
      const now = performance.now();
      if (!isNews || now < nextLook) continue;
      yield* this.news();
      isNews = false;
      nextLook = now + LOOK_AGAIN_MS;
    }
  }

  /** One line for each namespace whose listeners have begun to drop something, once, with what its connections showed so far. */
  *news(): Generator<Notice> {
    for (const { netns, drops, signs } of this.overflown()) {
      if (this.said.has(netns)) continue;
      this.said.add(netns);
      yield notice(explain(netns, drops, signs));
    }
  }

  /** One line for each namespace where listeners dropped something meanwhile. `all`: of every connection. */
  notices(all: Signs): string[] {
    const overflown = this.overflown();
    const elsewhere = overflown.reduce((left, { signs }) => plus(left, signs, -1), all);
    return overflown.map(({ netns, drops, signs }) =>
      explain(netns, drops, isNone(signs) ? elsewhere : signs),
    );
  }

  /** With what connections from there showed. */
  private overflown(): { netns: string; drops: Drops; signs: Signs }[] {
    const dropped = [...this.namespaces].map(([netns, { file, before }]) => {
      const now = readDrops(file);
      const overflows = now.overflows - before.overflows;
      const requests = now.requests - before.requests;
      return { netns, drops: { overflows, requests }, signs: this.signsIn(netns) };
    });
    return dropped.filter(({ drops }) => drops.overflows > 0 || drops.requests > 0);
  }

  private signsIn(netns: string | number): Signs {
    return this.signs.get(String(netns)) ?? NO_SIGNS;
  }

  [Symbol.dispose](): void {
    for (const { file } of this.namespaces.values()) closeSync(file);
    this.namespaces.clear();
  }

  /** Of one that is new it is known that it began with nothing dropped. */
  private readonly isNew = (netns: string) => !this.mounted.has(netns);

  private add(pid: string, isNew: (netns: string) => boolean): void {
    if (this.namespaces.size >= MOST_KEPT) return;
    try {
      const netns = /\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0];
      if (netns === undefined || this.namespaces.has(netns)) return;
      const file = openSync(`/proc/${pid}/net/netstat`, 'r');
      this.namespaces.set(netns, { file, before: isNew(netns) ? NONE : readDrops(file) });
    } catch {
      // Gone meanwhile, or not ours to see.
    }
  }
}

function processes(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/** The network namespaces that are mounted somewhere, by /proc/PID/mountinfo: their inodes. */
export function mountedNamespaces(mountinfo: string): ReadonlySet<string> {
  return new Set([...mountinfo.matchAll(/ net:\[(\d+)\] /g)].map(([, inode = '']) => inode));
}

function readDrops(file: number): Drops {
  const bytes = Buffer.alloc(1 << 16);
  return parseNetstat(bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)));
}

/** The words for one namespace where something was dropped. */
export function explain(
  netns: string,
  { overflows, requests }: Drops,
  { synRetransmitted, lateResponses }: Signs,
): string {
  const where = `in network namespace ${netns}`;
  const wayOut = 'accept() faster, or raise the backlog of listen() and net.core.somaxconn';
  const times = overflows + requests;
  if (synRetransmitted > 0) {
    return `listen queue overflow: a listener ${where} dropped ${times} SYNs or ACKs, and ${synRetransmitted} connections had to repeat their SYN; ${wayOut}`;
  }
  if (lateResponses > 0) {
    return `accept queue overflow: a listener ${where} dropped the last ACK of ${times} handshakes, and ${lateResponses} connections were established at once but answered late; ${wayOut}`;
  }
  return `listen queue overflow: a listener ${where} dropped ${times} SYNs or ACKs; ${wayOut}`;
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
