export interface Tick {
  /** When the interval ended. */
  readonly time: Date;
  /** 1 for the first interval. */
  readonly seq: number;
  /** Seconds since the last tick, or since everything was attached; of the last tick until nothing was any more. */
  readonly intervalS: number;
  /** No tick follows: everything is detached. */
  readonly last: boolean;
}

export interface TickOptions {
  /** Aborted when the run is to end: by a signal, the duration, or the caller. */
  readonly stop: AbortSignal;
  /** When everything was attached (performance.now()). */
  readonly begun: () => number;
  /** Detaches, and resolves to when that was done; awaited before the last tick. */
  readonly end: () => Promise<number>;
  /** undefined: one tick, at the end. */
  readonly intervalS?: number | undefined;
  /** End after that many ticks. */
  readonly count?: number | undefined;
}

/**
 * Ticks at absolute deadlines, so that a slow consumer delays a tick but never moves those after it; deadlines
 * that passed meanwhile are one tick. The last one comes after `end`.
 */
export async function* ticks({
  stop,
  begun,
  end,
  intervalS,
  count,
}: TickOptions): AsyncGenerator<Tick> {
  const start = begun();
  let previous = start;
  for (let seq = 1, deadline = start; ; seq++) {
    if (intervalS !== undefined) {
      const step = intervalS * 1000;
      deadline += step * Math.max(1, Math.ceil((performance.now() - deadline) / step));
    }
    await until(intervalS === undefined ? Number.POSITIVE_INFINITY : deadline, stop);
    const last = stop.aborted || seq === count;
    const now = last ? await end() : performance.now();
    yield { time: new Date(), seq, intervalS: (now - previous) / 1000, last };
    previous = now;
    if (last) return;
  }
}

/** Resolves at `deadline` (performance.now()) or when `stop` is aborted, whichever is first. */
export function until(deadline: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    let timer: NodeJS.Timeout | undefined;
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    stop.addEventListener('abort', done);
    const wait = () => {
      const left = deadline - performance.now();
      if (left <= 0) done();
      else timer = setTimeout(wait, Math.min(left, 2_147_483_647));
    };
    wait();
  });
}
