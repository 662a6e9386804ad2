import { host } from '@probekit/core/testing';
import { expect, it } from 'vitest';
import { LOOPBACK, traceAll } from '../fixtures/run.js';

it.each([
  ['without syncookies', 'echo 0 > /proc/sys/net/ipv4/tcp_syncookies', 100],
  ['over a slow link', 'tc qdisc add dev lo root tbf rate 200kbit burst 100 limit 100000', 0],
])('says nothing of a queue that is long enough, %s', async (_, setup, acceptAfterMs) => {
  const work = {
    workload: 'connections',
    setup: `${LOOPBACK}; ${setup}`,
    scenes: [['crowd', 64, 8, acceptAfterMs]],
  } as const;
  const { traced, made } = await traceAll(host, work, [['--first-response'], ['--passive']]);
  for (const { summary, notices } of traced) {
    expect(summary.reported, JSON.stringify([summary, made.stdout])).toBe(8);
    expect(notices).toEqual([]);
  }
});
