import { constants } from 'node:os';
import { machineAt } from '@probekit/core/testing';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { LOOPBACK, type Row, trace, VOID } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);
const { ECONNREFUSED, ETIMEDOUT, EINPROGRESS, EALREADY, EINTR, EADDRNOTAVAIL } = constants.errno;

/** fentry works in all guests, and not on this host. */
const PLANS = guest ? ['fentry', 'tp_btf', 'tracepoint'] : ['tp_btf', 'tracepoint'];

const RETRIES = 2;
const FEW = `${VOID}
  echo ${RETRIES} > /proc/sys/net/ipv4/tcp_syn_retries
  linear=/proc/sys/net/ipv4/tcp_syn_linear_timeouts; ! test -e $linear || echo 0 > $linear`;

function brief(rows: readonly Row[]) {
  return rows.map(({ result, errno }) => [result, errno]);
}

beforeAll(async () => {
  const script =
    'test -e /sys/kernel/tracing/events || mount -t tracefs tracefs /sys/kernel/tracing';
  await machine.run(['sh', '-c', script]);
});

describe.each(PLANS)('%s', (plan) => {
  const traced = (setup: string, ...op: (string | number)[]) =>
    trace(machine, setup, op, ['--plan', plan]);

  it('shows success, with both ends and whose it was', async () => {
    const { rows, made, summary } = await traced(LOOPBACK, 'own', '127.0.0.1', 20);
    expect(rows).toHaveLength(20);
    expect(summary.events).toBe(20);
    expect(summary.in_flight).toBe(0);
    for (const [i, row] of rows.entries()) {
      expect(row).toMatchObject({
        pid: made.pid,
        comm: 'connections',
        ip: 4,
        saddr: '127.0.0.1',
        daddr: '127.0.0.1',
        result: 'ok',
        errno: null,
        syn_retransmits: 0,
        netns: made.netns,
        traits: '',
      });
      expect(row.lport).toBeGreaterThan(1024);
      expect(row.latency_ms).toBeLessThanOrEqual((made.results[i]?.ms ?? 0) + 0.001);
    }
  });

  it('shows a refusal, then success on the same socket', async () => {
    const { rows, made } = await traced(LOOPBACK, 'refused');
    expect(made.results.map(({ error }) => error)).toEqual([ECONNREFUSED, 0]);
    expect(brief(rows)).toEqual([
      ['refused', 'ECONNREFUSED'],
      ['ok', null],
    ]);
  });

  it('shows a timeout, with its retransmits', async () => {
    const { rows, made } = await traced(FEW, 'try', '10.9.0.2', 80);
    expect(made.results[0]?.error).toBe(ETIMEDOUT);
    expect(brief(rows)).toEqual([['timeout', 'ETIMEDOUT']]);
    expect(rows[0]).toMatchObject({ daddr: '10.9.0.2', dport: 80, syn_retransmits: RETRIES });
    expect(rows[0]?.latency_ms).toBeGreaterThan((made.results[0]?.ms ?? 0) - 100);
    expect(rows[0]?.latency_ms).toBeLessThanOrEqual(made.results[0]?.ms ?? 0);
  });

  it('shows a host that is not there', async () => {
    const { rows } = await traced(VOID, 'try', '10.9.0.3', 80);
    expect(brief(rows)).toEqual([['unreachable', 'EHOSTUNREACH']]);
    expect(rows[0]?.saddr).toBe('10.9.0.1');
  });

  it.each([
    ['no route', LOOPBACK, 'unreachable', 'ENETUNREACH'],
    ['a route that says no', `${VOID}; ip route add prohibit 10.7.0.0/16`, 'failed', 'EACCES'],
  ])('shows a failure before the first packet: %s', async (_, setup, result, errno) => {
    const { rows, summary } = await traced(setup, 'try', '10.7.0.1', 443);
    expect(summary.events).toBe(1);
    expect(brief(rows)).toEqual([[result, errno]]);
    expect(rows[0]).toMatchObject({ ip: 4, saddr: null, daddr: '10.7.0.1', dport: 443 });
  });

  it('shows local ports that ran out', async () => {
    const few = `${LOOPBACK}; echo 41000 41003 > /proc/sys/net/ipv4/ip_local_port_range`;
    const { rows, made } = await traced(few, 'exhausted', 8);
    expect(made.results.map(({ error }) => error)).toContain(EADDRNOTAVAIL);
    expect(brief(rows)).toEqual(
      made.results.map(({ error }) => (error ? ['failed', 'EADDRNOTAVAIL'] : ['ok', null])),
    );
  });

  it('shows what was given up when it ends, and a second connect() not at all', async () => {
    const { rows, made } = await traced(VOID, 'close', '10.9.0.2', 80, 300);
    expect(made.results.map(({ error }) => error)).toEqual([EINPROGRESS, EALREADY]);
    expect(brief(rows)).toEqual([['closed', null]]);
    expect(rows[0]?.traits).toBe('nonblocking');
    expect(rows[0]?.latency_ms).toBeGreaterThan(299);
  });

  it('shows a disconnect, then success on the same socket', async () => {
    const { rows, summary } = await traced(VOID, 'disconnect', '10.9.0.2', 80, 200);
    expect(brief(rows)).toEqual([
      ['closed', null],
      ['ok', null],
    ]);
    expect(rows[0]?.latency_ms).toBeGreaterThan(199);
    expect(rows[1]?.latency_ms).toBeLessThan(150);
    expect(summary.in_flight).toBe(0);
  });

  it.each([
    ['interrupted', EINTR],
    ['timed', EINPROGRESS],
  ])('shows a connect() that was %s when its socket is closed', async (op, error) => {
    const { rows, made } = await traced(VOID, op, '10.9.0.2', 80, 200);
    expect(made.results[0]?.error).toBe(error);
    expect(brief(rows)).toEqual([['closed', null]]);
    expect(rows[0]?.latency_ms).toBeGreaterThan(199);
  });
});

describe('names what kind of connection it is:', () => {
  it('IPv6', async () => {
    const { rows } = await trace(machine, LOOPBACK, ['try6', '::1']);
    // The workload's listener is one of IPv4.
    expect(rows[0]).toMatchObject({
      ip: 6,
      saddr: '::1',
      daddr: '::1',
      result: 'refused',
      traits: '',
    });
  });

  it('IPv4 through an IPv6 socket', async () => {
    const { rows } = await trace(machine, LOOPBACK, ['try6', '::ffff:127.0.0.1']);
    expect(rows[0]).toMatchObject({ ip: 4, daddr: '127.0.0.1', result: 'ok', traits: 'v4_mapped' });
  });

  it('a simultaneous open', async () => {
    const { rows } = await trace(machine, LOOPBACK, ['self']);
    expect(rows[0]).toMatchObject({ result: 'ok', lport: 40999, dport: 40999 });
    expect(rows[0]?.traits).toBe('simultaneous_open');
  });

  it('Fast Open', async () => {
    const setup = `${LOOPBACK}; echo 3 > /proc/sys/net/ipv4/tcp_fastopen`;
    const { rows } = await trace(machine, setup, ['fastopen']);
    expect(rows).toHaveLength(2);
    for (const { result, traits } of rows) expect([result, traits]).toEqual(['ok', 'fast_open']);
  });

  it('an MPTCP subflow', async ({ skip }) => {
    const { code } = await machine.run(['test', '-e', '/proc/sys/net/mptcp/enabled']);
    skip(code !== 0, 'this kernel has no MPTCP');
    const setup = `${LOOPBACK}; echo 1 > /proc/sys/net/mptcp/enabled`;
    const { rows } = await trace(machine, setup, ['mptcp']);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ result: 'ok', traits: 'mptcp_subflow' });
  });
});

describe('shows only what was asked for:', () => {
  it.each([
    [['--port', '80'], 1],
    [['--port', '81-90'], 0],
    [['--daddr', '10.7.0.0/16'], 1],
    [['--daddr', '10.7.0.1'], 1],
    [['--daddr', '10.6.0.0/16'], 0],
    [['-4'], 1],
    [['-6'], 0],
    [['1000'], 0],
  ])('%s', async (options, count) => {
    const { rows, summary } = await trace(machine, LOOPBACK, ['try', '10.7.0.1', 80], options);
    expect(rows).toHaveLength(count);
    expect(summary.events).toBe(options[0] === '1000' ? 1 : count);
    expect(summary.below_threshold).toBe(options[0] === '1000' ? 1 : 0);
  });
});
