import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Signs } from './quality.js';

/** What the kernel counted of one network namespace's listeners. */
interface Drops {
  /** SYNs and final ACKs of handshakes that found the accept queue full. */
  readonly overflows: number;
  /** SYNs that found the queue of handshakes full, with syncookies off. */
  readonly requests: number;
}

const NONE: Drops = { overflows: 0, requests: 0 };

/**
 * Listen queues that overflow while a tool runs, by the kernel's own statistics of each network namespace that a
 * process is in. What it counts there is no event of ours: it explains them.
 */
export class ListenQueues {
  private readonly before = new Map(eachNamespace());

  /** One line for each namespace where listeners dropped something meanwhile. */
  notices(signs: Signs): string[] {
    return eachNamespace().flatMap(([netns, now]) => {
      const before = this.before.get(netns) ?? NONE;
      const overflows = now.overflows - before.overflows;
      const requests = now.requests - before.requests;
      return explain(netns, { overflows, requests }, signs);
    });
  }
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

function eachNamespace(): [string, Drops][] {
  const found = new Map<string, Drops>();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const netns = /\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0];
      if (netns === undefined || found.has(netns)) continue;
      found.set(netns, parseNetstat(readFileSync(`/proc/${pid}/net/netstat`, 'utf8')));
    } catch {
      // Gone meanwhile, or not ours to see.
    }
  }
  return [...found];
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
