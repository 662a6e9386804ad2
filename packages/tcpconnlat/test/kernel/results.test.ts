import { constants } from 'node:os';
import { machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import {
  has,
  leftInMaps,
  type Made,
  mountTracefs,
  NOTHING_LEFT,
  type Row,
  type Scene,
  type Traced,
  traceAll,
  VOID,
} from '../fixtures/run.js';

const guest = inject('guest');
const machine = toolsInOneProcess(await machineAt(guest));
const { ECONNREFUSED, ETIMEDOUT, EINPROGRESS, EALREADY, EINTR, EADDRNOTAVAIL } = constants.errno;

/** fentry works in all guests, and not on this host. */
const PLANS = guest ? ['fentry', 'tp_btf', 'tracepoint'] : ['tp_btf', 'tracepoint'];

const SETUP = `${VOID}
  ip route add prohibit 10.7.0.0/16
  echo 3 > /proc/sys/net/ipv4/tcp_fastopen
  mptcp=/proc/sys/net/mptcp/enabled; ! test -e $mptcp || echo 1 > $mptcp
  linear=/proc/sys/net/ipv4/tcp_syn_linear_timeouts; ! test -e $linear || echo 0 > $linear`;

/** Of SYNs: three seconds of trying. */
const RETRIES = 1;
const GIVEN_UP_MS = 100;
const OWN = 5;
const PORTS = 4;

type Brief = readonly [result: string, errno: string | null];
const OK: Brief = ['ok', null];
const CLOSED: Brief = ['closed', null];

/** One scene after the other, and the rows of each. */
const SCENES: Record<string, { scene: Scene; rows: readonly Brief[] }> = {
  success: { scene: ['own', '127.0.0.1', OWN], rows: Array(OWN).fill(OK) },
  refused: { scene: ['refused'], rows: [['refused', 'ECONNREFUSED'], OK] },
  timeout: { scene: ['try', '10.9.0.2', 80, RETRIES], rows: [['timeout', 'ETIMEDOUT']] },
  absent: { scene: ['try', '10.9.0.3', 80], rows: [['unreachable', 'EHOSTUNREACH']] },
  noRoute: { scene: ['try', '10.6.0.1', 443], rows: [['unreachable', 'ENETUNREACH']] },
  prohibited: { scene: ['try', '10.7.0.1', 443], rows: [['failed', 'EACCES']] },
  given: { scene: ['close', '10.9.0.2', 80, GIVEN_UP_MS], rows: [CLOSED] },
  disconnected: { scene: ['disconnect', '10.9.0.2', 80, GIVEN_UP_MS], rows: [CLOSED, OK] },
  interrupted: { scene: ['interrupted', '10.9.0.2', 80, GIVEN_UP_MS], rows: [CLOSED] },
  timed: { scene: ['timed', '10.9.0.2', 80, GIVEN_UP_MS], rows: [CLOSED] },
  // The workload's listener is one of IPv4.
  v6: { scene: ['try6', '::1'], rows: [['refused', 'ECONNREFUSED']] },
  mapped: { scene: ['try6', '::ffff:127.0.0.1'], rows: [OK] },
  simultaneous: { scene: ['self'], rows: [OK] },
  fastOpen: { scene: ['fastopen'], rows: [OK, OK] },
  reset: { scene: ['reset', '10.9.0.2', 80], rows: [['reset', 'ECONNRESET']] },
};

const hasMptcp = await has(machine, '/proc/sys/net/mptcp/enabled');
if (hasMptcp) SCENES.mptcp = { scene: ['mptcp'], rows: [OK] };

/** Last: what it changes stays changed. */
const EXHAUSTED: readonly Scene[] = [
  ['sh', `echo 41000 ${41000 + PORTS - 1} > /proc/sys/net/ipv4/ip_local_port_range`],
  ['exhausted', 2 * PORTS],
];

let made: Made;
const byPlan = new Map<string, Traced>();

beforeAll(async () => {
  await mountTracefs(machine);
  const scenes = [...Object.values(SCENES).map(({ scene }) => scene), ...EXHAUSTED];
  const tools = PLANS.map((plan) => ['--plan', plan]);
  const all = await traceAll(machine, { workload: 'connections', setup: SETUP, scenes }, tools);
  made = all.made;
  for (const [i, traced] of all.traced.entries()) byPlan.set(PLANS[i] as string, traced);
});

const brief = (rows: readonly Row[]) => rows.map(({ result, errno }) => [result, errno]);

describe.each(PLANS)('%s', (plan) => {
  /** The rows of one scene, by how many those before it have. */
  const of = (name: string): readonly Row[] => {
    let from = 0;
    for (const [each, { rows }] of Object.entries(SCENES)) {
      if (each === name) return traced().rows.slice(from, from + rows.length);
      from += rows.length;
    }
    return traced().rows.slice(from);
  };
  const traced = () => byPlan.get(plan) as Traced;
  const row = (name: string) => of(name)[0] as Row;

  it.each(Object.keys(SCENES))('shows what became of it: %s', (name) => {
    expect(brief(of(name))).toEqual(SCENES[name]?.rows);
  });

  it('counts each once, and keeps none', () => {
    const { summary, rows } = traced();
    expect(traced().plan).toBe(plan);
    expect(rows).toHaveLength(summary.events);
    expect(summary.in_flight).toBe(0);
    expect(leftInMaps(summary)).toEqual(NOTHING_LEFT);
  });

  it('has both ends, whose it was, and how long it took', () => {
    for (const [i, each] of of('success').entries()) {
      expect(each).toMatchObject({
        pid: made.pid,
        comm: 'connections',
        ip: 4,
        saddr: '127.0.0.1',
        daddr: '127.0.0.1',
        syn_retransmits: 0,
        netns: made.netns,
        traits: '',
      });
      expect(each.lport).toBeGreaterThan(1024);
      expect(each.latency_ms).toBeLessThanOrEqual((made.results[i]?.ms ?? 0) + 0.001);
    }
  });

  it('agrees with what each connect() returned', () => {
    const errors = made.results.slice(OWN, OWN + 13).map(({ error }) => error);
    expect(errors.slice(0, 3)).toEqual([ECONNREFUSED, 0, ETIMEDOUT]);
    // EALREADY is a second connect() on the same socket, and begins nothing.
    expect(errors.slice(6, 8)).toEqual([EINPROGRESS, EALREADY]);
    expect(errors.slice(10, 12)).toEqual([EINTR, EINPROGRESS]);
  });

  it('has the retransmits of a timeout', () => {
    const { ms = 0 } = made.results.find(({ error }) => error === ETIMEDOUT) ?? {};
    const timeout = row('timeout');
    expect(timeout).toMatchObject({ daddr: '10.9.0.2', dport: 80, syn_retransmits: RETRIES });
    expect(timeout.latency_ms).toBeGreaterThan(ms - 100);
    expect(timeout.latency_ms).toBeLessThanOrEqual(ms);
  });

  it('has the ends that there are', () => {
    expect(row('absent').saddr).toBe('10.9.0.1');
    expect(row('noRoute')).toMatchObject({ ip: 4, saddr: null, daddr: '10.6.0.1', dport: 443 });
    expect(row('v6')).toMatchObject({ ip: 6, saddr: '::1', daddr: '::1', traits: '' });
    expect(row('mapped')).toMatchObject({ ip: 4, daddr: '127.0.0.1', traits: 'v4_mapped' });
  });

  it.each(['given', 'disconnected', 'interrupted', 'timed'])(
    'waits for the end of what was given up: %s',
    (name) => {
      expect(row(name).latency_ms).toBeGreaterThan(GIVEN_UP_MS - 1);
    },
  );

  it('names what kind of connection it is', () => {
    expect(row('given').traits).toBe('nonblocking');
    expect(row('simultaneous')).toMatchObject({ lport: 40999, dport: 40999 });
    expect(row('simultaneous').traits).toBe('simultaneous_open');
    expect(row('reset').traits).toBe('nonblocking,simultaneous_open');
    expect(of('fastOpen').map(({ traits }) => traits)).toEqual(['fast_open', 'fast_open']);
  });

  it('names an MPTCP subflow', ({ skip }) => {
    skip(!hasMptcp, 'this kernel has no MPTCP');
    expect(row('mptcp').traits).toBe('mptcp_subflow');
  });

  it('shows local ports that ran out', () => {
    const errors = made.results.slice(-2 * PORTS).map(({ error }) => error);
    expect(errors).toContain(EADDRNOTAVAIL);
    expect(brief(of('exhausted'))).toEqual(
      errors.map((error) => (error ? ['failed', 'EADDRNOTAVAIL'] : OK)),
    );
  });
});
