import { host } from '@probekit/core/testing';
import { expect, it } from 'vitest';
import { endTool, LOOPBACK, startTool, type Traced, traceAll } from '../fixtures/run.js';

/** A second address, and leave to open a subflow from it. */
const SETUP = `${LOOPBACK}; echo 1 > /proc/sys/net/mptcp/enabled
  ip addr add 127.0.0.2/8 dev lo; ip mptcp limits set subflow 1
  ip mptcp endpoint add 127.0.0.2 dev lo subflow`;

it('shows a subflow that joins as a row of the kernel, and as nothing that anybody accepts', async () => {
  const everybody = await startTool(host, []);
  const work = { workload: 'connections', setup: SETUP, scenes: [['joined']] } as const;
  const { made, traced } = await traceAll(host, work, [[], ['--passive']]);
  const { rows } = await endTool(everybody);
  const first = { saddr: '127.0.0.1', pid: made.pid, comm: 'connections' };
  const joined = { saddr: '127.0.0.2', comm: expect.stringMatching(/^kworker/) };
  const subflow = { daddr: '127.0.0.1', result: 'ok', traits: 'mptcp_subflow' };
  const [outgoing, incoming] = traced as [Traced, Traced];
  // Of the last try alone.
  const port = outgoing.rows[0]?.dport;
  const both = rows.filter(({ netns, dport }) => netns === made.netns && dport === port);
  expect(both).toMatchObject([
    { ...subflow, ...first },
    { ...subflow, ...joined },
  ]);
  expect(outgoing.rows).toMatchObject([first]);
  expect(incoming.arrivals).toMatchObject([{ result: 'accepted', daddr: '127.0.0.1' }]);
  expect(incoming.summary.events).toBe(1);
});
