import { machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type Arrival,
  has,
  LOOPBACK,
  leftInMaps,
  type Made,
  mountTracefs,
  NOTHING_LEFT,
  type Scene,
  type Traced,
  traceAll,
} from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));
const PLANS = guest ? ['fentry', 'tp_btf', 'tracepoint'] : ['tp_btf', 'tracepoint'];

const SETUP = `${LOOPBACK}
  echo 3 > /proc/sys/net/ipv4/tcp_fastopen
  mptcp=/proc/sys/net/mptcp/enabled; ! test -e $mptcp || echo 1 > $mptcp`;

/** That many wait for so long, in a queue that has room for one less and lets one more in. */
const QUEUED = 5;
const WAIT_MS = 60;
const MANY = guest ? 100 : 5000;

const hasMptcp = await has(machine, '/proc/sys/net/mptcp/enabled');

const SCENES: readonly Scene[] = [
  ['queue', QUEUED, WAIT_MS],
  ['reset', WAIT_MS],
  ['half', WAIT_MS],
  ['dropped', WAIT_MS],
  ['fastopen', WAIT_MS],
  ...(hasMptcp ? [['mptcp', WAIT_MS]] : []),
  ['many', MANY],
];

let made: Made;
const byPlan = new Map<string, Traced>();
let histograms: Traced;

beforeAll(async () => {
  await mountTracefs(machine);
  const tools = [...PLANS.map((plan) => ['--plan', plan]), ['--histogram']];
  const all = await traceAll(
    machine,
    { workload: 'arrivals', setup: SETUP, scenes: SCENES },
    tools.map((options) => ['--passive', ...options]),
  );
  made = all.made;
  for (const [i, plan] of PLANS.entries()) byPlan.set(plan, all.traced[i] as Traced);
  histograms = all.traced.at(-1) as Traced;
});

describe('io_uring', () => {
  const unseen = guest ? ['tp_btf'] : ['tp_btf', 'tracepoint'];
  const traced = new Map<string, Traced>();

  beforeAll(async () => {
    const runs = guest ? ['fentry', ...unseen] : unseen;
    const tools = runs.map((plan) => ['--passive', '--plan', plan]);
    const counting = guest ? [] : [['--passive', '--histogram', '--plan', 'tp_btf']];
    const work = { workload: 'uring', setup: LOOPBACK, scenes: [] } as const;
    const all = await traceAll(machine, work, [[], ...tools, ...counting]);
    const names = ['outgoing', ...runs, 'histogram'];
    for (const [i, one] of all.traced.entries()) traced.set(names[i] ?? '', one);
  });

  it(`a connect() by it without a route is ${guest ? 'seen by fentry' : 'no event'}`, () => {
    const { plan, rows } = traced.get('outgoing') as Traced;
    expect(plan).toBe(guest ? 'fentry' : 'tp_btf');
    const failure = {
      comm: 'uring',
      daddr: '10.6.0.1',
      errno: 'ENETUNREACH',
      latency_ms: expect.any(Number),
    };
    expect(rows).toMatchObject([...(guest ? [failure] : []), { daddr: '127.0.0.1', result: 'ok' }]);
  });

  it.each(unseen)('an accept() by it is no failure to %s, and its wait is unknown', (plan) => {
    const { arrivals, summary } = traced.get(plan) as Traced;
    expect(arrivals).toMatchObject([
      { result: 'accepted', pid: null, accept_wait_ms: null, latency_ms: null },
    ]);
    expect(arrivals[0]?.handshake_ms).toBeGreaterThan(0);
    expect(summary.quality.accepts_not_timed).toBe(1);
  });

  if (guest) {
    it('an accept() by it is timed by fentry', () => {
      const { arrivals, summary } = traced.get('fentry') as Traced;
      expect(arrivals).toMatchObject([{ result: 'accepted', comm: 'uring' }]);
      expect(arrivals[0]?.accept_wait_ms).toBeGreaterThan(0);
      expect(summary.quality.accepts_not_timed).toBe(0);
    });
  } else {
    it('an accept() by it is lost to a histogram, and counted', () => {
      const { summary } = traced.get('histogram') as Traced;
      expect(summary).toMatchObject({ events: 1, reported: 0, lost: { async_not_timed: 1 } });
    });
  }
});

/** The port of the listener of a scene. */
const portOf = (scene: string) =>
  Number(new RegExp(`^scene ${scene} (\\d+)$`, 'm').exec(made.stdout)?.[1]);

describe.each(PLANS)('--passive by %s', (plan) => {
  const traced = () => byPlan.get(plan) as Traced;
  const of = (scene: string) => traced().arrivals.filter(({ lport }) => lport === portOf(scene));
  const only = (scene: string): Arrival => {
    expect(of(scene)).toHaveLength(1);
    return of(scene)[0] as Arrival;
  };

  it('shows each connection that came, once', () => {
    const { summary, arrivals } = traced();
    const came = 1 + QUEUED + 3 + 2 + (hasMptcp ? 1 : 0) + MANY;
    expect(traced().plan).toBe(plan);
    expect(arrivals).toHaveLength(came);
    expect(summary).toMatchObject({ events: came, in_flight: 0, unmatched_ends: 0 });
    expect(leftInMaps(summary)).toEqual(NOTHING_LEFT);
    expect(summary.quality).toMatchObject({
      handshakes_not_timed: 0,
      accepts_not_timed: 0,
      listeners_not_found: 0,
      queue_filled: 1,
    });
  });

  it('knows a listener that was there before', () => {
    expect(only('before')).toMatchObject({
      side: 'passive',
      pid: made.pid,
      comm: 'arrivals',
      saddr: '127.0.0.1',
      daddr: '127.0.0.1',
      result: 'accepted',
      netns: made.netns,
      queue_length: 0,
      queue_limit: 8,
      traits: '',
    });
  });

  it('has how many waited already, and the limit', () => {
    const queue = [...of('queue')].sort((a, b) => a.queue_length - b.queue_length);
    expect(queue.map(({ queue_length }) => queue_length)).toEqual([...Array(QUEUED).keys()]);
    for (const { queue_limit } of queue) expect(queue_limit).toBe(QUEUED - 1);
  });

  it('times the wait for accept(), and the handshake within connect()', () => {
    const connects = [...made.stdout.matchAll(/^connect ([\d.]+)$/gm)].map(([, ms]) => Number(ms));
    for (const [i, row] of of('queue').entries()) {
      expect(row.result).toBe('accepted');
      expect(row.accept_wait_ms).toBeGreaterThanOrEqual(WAIT_MS);
      expect(row.accept_wait_ms).toBeLessThan(WAIT_MS + (guest ? 1000 : 100));
      expect(row.handshake_ms).toBeGreaterThan(0);
      // The first connect() is that of the listener before.
      expect(row.handshake_ms).toBeLessThanOrEqual((connects[i + 1] ?? 0) + 0.001);
      expect(row.latency_ms).toBeCloseTo((row.handshake_ms ?? 0) + (row.accept_wait_ms ?? 0), 2);
    }
  });

  it.each([
    ['reset', 'reset', 'ECONNRESET'],
    ['dropped', 'closed', null],
  ])('shows no success where it was %s while it waited', (scene, result, errno) => {
    const row = only(scene);
    expect(row).toMatchObject({ result, errno, pid: null, comm: null });
    expect(row.accept_wait_ms).toBeGreaterThanOrEqual(WAIT_MS);
  });

  it('says when the peer had closed before', () => {
    expect(only('half')).toMatchObject({ result: 'accepted', traits: 'peer_closed' });
  });

  it('has no handshake of Fast Open, whose connection waits from its SYN on', () => {
    const [first, second] = of('fastopen');
    expect(first).toMatchObject({ result: 'accepted', traits: '' });
    expect(second).toMatchObject({ result: 'accepted', traits: 'fast_open', handshake_ms: null });
    expect(second?.accept_wait_ms).toBeGreaterThanOrEqual(WAIT_MS);
  });

  it('knows what MPTCP accepts', ({ skip }) => {
    skip(!hasMptcp, 'this kernel has no MPTCP');
    expect(only('mptcp')).toMatchObject({ result: 'accepted', traits: 'mptcp_subflow' });
  });
});

it('--passive --histogram has handshake and wait of each listener', () => {
  const { summary } = histograms;
  const counted = (scene: string) =>
    histograms.histograms
      .filter(({ labels }) =>
        (labels as { destination: string }).destination.endsWith(`:${portOf(scene)}`),
      )
      .map(({ labels, count }) => ({ ...(labels as object), count }));
  expect(summary.reported).toBe(summary.events);
  expect(counted('many')).toMatchObject([
    { stage: 'accept_wait', result: 'accepted', count: MANY },
    { stage: 'handshake', result: 'accepted', count: MANY },
  ]);
  expect(counted('reset')).toMatchObject([
    { stage: 'accept_wait', result: 'reset', count: 1 },
    { stage: 'handshake', result: 'reset', count: 1 },
  ]);
});
