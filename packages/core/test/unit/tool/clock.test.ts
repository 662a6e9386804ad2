import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Tick, type TickOptions, ticks, until } from '../../../src/tool/clock.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function clock(options: Partial<TickOptions> = {}) {
  const stop = new AbortController();
  const end = vi.fn(async () => performance.now());
  const start = performance.now();
  const iterator = ticks({ stop: stop.signal, begun: () => start, end, ...options });
  /** The next tick, and the ms since the start at which it came; undefined at the end. Time stands still after it. */
  const next = async (): Promise<[at: number, tick: Tick] | undefined> => {
    let result: IteratorResult<Tick> | undefined;
    void iterator.next().then((given) => (result = given));
    await vi.advanceTimersByTimeAsync(0);
    while (!result && vi.getTimerCount() > 0) await vi.advanceTimersToNextTimerAsync();
    if (!result) throw new Error('it waits for nothing');
    return result.done ? undefined : [Math.round(performance.now() - start), result.value];
  };
  return { stop, end, iterator, next };
}

describe('ticks', () => {
  it('come at absolute deadlines however long each was worked on', async () => {
    const { next } = clock({ intervalS: 0.1 });
    const seen: number[] = [];
    for (const work of [0, 33.3, 99, 1, 70, 12.7]) {
      const [at] = (await next()) as [number, Tick];
      seen.push(at);
      await vi.advanceTimersByTimeAsync(work);
    }
    expect(seen).toEqual([100, 200, 300, 400, 500, 600]);
  });

  it('merge the deadlines that a slow consumer let pass, and move none after them', async () => {
    const { next } = clock({ intervalS: 1 });
    expect(await next()).toMatchObject([1000, { seq: 1, intervalS: 1, last: false }]);
    await vi.advanceTimersByTimeAsync(2500);
    expect(await next()).toMatchObject([4000, { seq: 2, intervalS: 3, last: false }]);
    expect(await next()).toMatchObject([5000, { seq: 3, intervalS: 1, last: false }]);
  });

  it('end after count of them, the last one after everything is detached', async () => {
    const order: string[] = [];
    const { next, end } = clock({
      intervalS: 2,
      count: 2,
      end: async () => {
        order.push('end');
        return performance.now();
      },
    });
    expect(end).not.toHaveBeenCalled();
    expect(await next()).toMatchObject([2000, { seq: 1, last: false }]);
    expect(order).toEqual([]);
    expect(await next()).toMatchObject([4000, { seq: 2, last: true }]);
    expect(order).toEqual(['end']);
    expect(await next()).toBeUndefined();
  });

  it('wait for the detaching before the last one', async () => {
    let detached = (_: number) => {};
    const { iterator, stop } = clock({ end: () => new Promise((resolve) => (detached = resolve)) });
    stop.abort();
    const came = vi.fn();
    const pending = iterator.next().then(came);
    await vi.advanceTimersByTimeAsync(5000);
    expect(came).not.toHaveBeenCalled();
    detached(performance.now());
    await pending;
    expect(came).toHaveBeenCalledOnce();
  });

  it('last from the attaching to the detaching, not until programs have ended', async () => {
    const begun = performance.now();
    await vi.advanceTimersByTimeAsync(30);
    const end = async () => {
      const detachedAt = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return detachedAt;
    };
    const { next } = clock({ begun: () => begun, end, intervalS: 1, count: 2 });
    expect(await next()).toMatchObject([970, { intervalS: 1, last: false }]);
    expect(await next()).toMatchObject([1990, { intervalS: 1, last: true }]);
  });

  it('are one at the end without an interval', async () => {
    const { next, stop, end } = clock();
    setTimeout(() => stop.abort(), 86_400_000);
    expect(await next()).toMatchObject([86_400_000, { seq: 1, intervalS: 86_400, last: true }]);
    expect(end).toHaveBeenCalledOnce();
    expect(await next()).toBeUndefined();
  });

  it('stop at once when aborted in the middle of an interval', async () => {
    const { next, stop } = clock({ intervalS: 10 });
    setTimeout(() => stop.abort(), 250);
    expect(await next()).toMatchObject([250, { seq: 1, intervalS: 0.25, last: true }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are one when aborted before the first', async () => {
    const { next, stop, end } = clock({ intervalS: 10 });
    stop.abort();
    expect(await next()).toMatchObject([0, { seq: 1, last: true }]);
    expect(end).toHaveBeenCalledOnce();
  });

  it('fail when the detaching fails', async () => {
    const { iterator, stop } = clock({ end: () => Promise.reject(new Error('detach failed')) });
    stop.abort();
    await expect(iterator.next()).rejects.toThrow('detach failed');
  });
});

describe('until', () => {
  it('waits longer than one timer can', async () => {
    const done = vi.fn();
    const days = 60 * 86_400_000;
    void until(performance.now() + days, new AbortController().signal).then(done);
    await vi.advanceTimersByTimeAsync(days - 1);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalledOnce();
  });

  it('leaves nothing behind', async () => {
    const stop = new AbortController();
    const remove = vi.spyOn(stop.signal, 'removeEventListener');
    const add = vi.spyOn(stop.signal, 'addEventListener');
    const pending = until(performance.now() + 10, stop.signal);
    await vi.advanceTimersByTimeAsync(10);
    await pending;
    expect(remove.mock.calls).toEqual(add.mock.calls);
    expect(vi.getTimerCount()).toBe(0);
  });
});
