import { host } from '@probekit/core/testing';
import { describe, expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';
import { LOOPBACK, trace, traceAll } from '../fixtures/run.js';

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
    const { rows, summary } = await trace(host, LOOPBACK, ['try', '10.7.0.1', 80], options);
    expect(rows).toHaveLength(count);
    expect(summary.events).toBe(options[0] === '1000' ? 1 : count);
    expect(summary.below_threshold).toBe(options[0] === '1000' ? 1 : 0);
  });
});

describe('of IPv6', () => {
  it.each([
    [['-6'], 1],
    [['-4'], 0],
    [['--daddr', '::1'], 1],
    [['--daddr', '::/64'], 1],
    [['--daddr', '2001:db8::/32'], 0],
    [['--daddr', '0.0.0.0/0'], 0],
  ])('%s', async (options, count) => {
    const { rows, summary } = await trace(host, LOOPBACK, ['try6', '::1'], options);
    expect(rows).toHaveLength(count);
    expect(summary.events).toBe(count);
  });
});

describe('the minimum', () => {
  it.each([
    [['100'], 0],
    [['100', '--first-response'], 1],
    [['5000', '--first-response'], 0],
  ])('is that of the time that was asked for: %s', async (options, count) => {
    // Connected at once, and answered after 200 ms.
    const { rows, summary } = await trace(host, LOOPBACK, ['respond', 200, 0], options);
    expect(rows).toHaveLength(count);
    expect(summary).toMatchObject({ events: 1, below_threshold: 1 - count });
  });
});

it('--csv has every value of a row, and a header', async () => {
  const tool = host.start([...bin, '--csv'], { input: '' });
  await tool.waitFor(/Hit Ctrl-C to end/);
  const { made } = await trace(host, LOOPBACK, ['try', '10.7.0.1', 80]);
  tool.signal('SIGINT');
  const { code, stdout } = await tool.done;
  expect(code).toBe(0);
  const [header, ...lines] = stdout.trimEnd().split('\n');
  expect(header).toBe(
    'time,pid,tid,comm,ip,saddr,lport,daddr,dport,latency_ms,result,errno,syn_retransmits,netns,traits',
  );
  const line = lines.find((one) => one.includes(`,${made.pid},`));
  expect(line).toMatch(
    new RegExp(
      `^[^,]+Z,${made.pid},${made.pid},connections,4,,,10\\.7\\.0\\.1,80,[\\d.]+,unreachable,ENETUNREACH,0,${made.netns},$`,
    ),
  );
});

it('--csv --passive has those of an incoming one', async () => {
  const tool = host.start([...bin, '--csv', '--passive', '--port', '1-65535'], { input: '' });
  await tool.waitFor(/Hit Ctrl-C to end/);
  // What still waits for accept() when the program ends is closed, and nobody's.
  const scenes = [
    ['own', '127.0.0.1', 1],
    ['sh', 'sleep 0.2'],
  ];
  const { made } = await traceAll(host, { workload: 'connections', setup: LOOPBACK, scenes }, [[]]);
  tool.signal('SIGINT');
  const { code, stdout } = await tool.done;
  expect(code).toBe(0);
  const [header, ...lines] = stdout.trimEnd().split('\n');
  expect(header).toBe(
    'time,side,pid,tid,comm,ip,daddr,dport,saddr,lport,queue_length,queue_limit,handshake_ms,accept_wait_ms,latency_ms,result,errno,synack_retransmits,netns,traits',
  );
  expect(lines.some((line) => line.includes(`,passive,${made.pid},`))).toBe(true);
});

it.each([
  [['--daddr', '127.0.0.0/8'], 1],
  [['--daddr', '10.0.0.0/8'], 0],
  [['-6'], 0],
  [['1000'], 0],
])('--passive %s', async (options, count) => {
  const scene = ['own', '127.0.0.1', 1];
  const { rows, summary } = await trace(host, LOOPBACK, scene, ['--passive', ...options]);
  expect(rows).toHaveLength(count);
  expect(summary.events).toBe(options[0] === '1000' ? 1 : count);
});
