import { host } from './host.js';
import type { Machine } from './machine.js';
import { sh } from './shell.js';

/** A trace event as tracefs names it, `block/block_rq_issue`, and which of its records count; without a filter, all. */
export interface TraceEvent {
  readonly name: string;
  readonly filter?: string;
}

const SCRIPT = `
  test -e /sys/kernel/tracing/events || mount -t tracefs tracefs /sys/kernel/tracing
  mkdir "$1"; cd "$1"; shift
  ls /proc/1/task | xargs > set_event_pid
  while test $# -gt 0; do
    echo "$2" > events/$1/filter; echo 1 > events/$1/enable; shift 2
  done`;

const COUNT = `cat "$1"/per_cpu/cpu*/stats | awk '/^entries|^overrun/ { n += $2 } END { print n }'`;

const TRIES = 10;
/** TRACE_FLAG_HARDIRQ and TRACE_FLAG_SOFTIRQ of linux/trace_events.h: what process 1 itself does is not meant. */
const IN_INTERRUPT = 'common_flags & 24';
let instances = 0;

/**
 * What `work` returns, done again where one of `events` came while a thread of process 1 was current: the development
 * host's kernel (6.18) runs no BPF program of anybody then, and counts no miss. An interrupt meets whom it meets. On
 * every other machine work is done once.
 */
export async function unhidden<T>(
  machine: Machine,
  events: readonly TraceEvent[],
  work: () => Promise<T>,
): Promise<T> {
  if (machine.name !== host.name) return work();
  for (let tries = 0; tries < TRIES; tries++) {
    const instance = `/sys/kernel/tracing/instances/hidden-${process.pid}-${++instances}`;
    const words = events.flatMap(({ name, filter }) => [
      name,
      filter ? `${IN_INTERRUPT} && ${filter}` : IN_INTERRUPT,
    ]);
    try {
      await sh(machine, SCRIPT, instance, ...words);
      const result = await work();
      if ((await sh(machine, COUNT, instance)) === '0') return result;
    } finally {
      await sh(machine, 'test ! -d "$1" || rmdir "$1"', instance);
    }
  }
  throw new Error(`the kernel did not run our programs for some events in each of ${TRIES} runs`);
}
