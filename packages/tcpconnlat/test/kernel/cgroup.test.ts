import { machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { endTool, LOOPBACK, startTool, startWork, type Traced } from '../fixtures/run.js';

const machine = toolsInOneProcess(await machineAt(inject('guest')));

const COUNT = 5;

/** Where cgroup v2 is mounted. */
async function mountPoint(): Promise<string> {
  const mounts = await machine.read('/proc/self/mounts');
  const found = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  if (found === undefined) throw new Error('cgroup v2 is not mounted');
  return found;
}

const parent = `${await mountPoint()}/tcpconnlat-test`;
const child = `${parent}/below`;

let outgoing: Traced;
let incoming: Traced;
let pid = 0;

beforeAll(async () => {
  await machine.run(['mkdir', '-p', child]);
  // Another one does the same, outside.
  const connections = {
    workload: 'connections',
    setup: LOOPBACK,
    scenes: [['own', '127.0.0.1', COUNT]],
  } as const;
  const arrivals = {
    workload: 'arrivals',
    setup: LOOPBACK,
    scenes: [['queue', COUNT, 1]],
  } as const;
  const works = await Promise.all([
    startWork(machine, { ...connections, cgroup: child }),
    startWork(machine, connections),
    startWork(machine, { ...arrivals, cgroup: child }),
    startWork(machine, arrivals),
  ]);
  pid = works[2].pid;
  const tools = await Promise.all([
    startTool(machine, ['--cgroup', parent]),
    startTool(machine, ['--cgroup', parent, '--passive']),
  ]);
  for (const work of works) {
    work.write('\n');
    const { code, stderr } = await work.done;
    expect(code, stderr).toBe(0);
  }
  [outgoing, incoming] = (await Promise.all(tools.map(endTool))) as [Traced, Traced];
});

afterAll(async () => {
  await machine.run(['rmdir', child, parent]);
});

it('--cgroup shows what the processes of a cgroup open, and of those below it', () => {
  // The other workload's clients are in it too.
  expect(outgoing.rows).toHaveLength(COUNT + 1 + COUNT);
  expect(outgoing.summary.events).toBe(outgoing.rows.length);
});

it('--cgroup --passive shows what comes to their listeners, older and newer ones', () => {
  const own = incoming.arrivals.filter(({ pid: acceptor }) => acceptor === pid);
  expect(own).toHaveLength(1 + COUNT);
  // The other workload listens too, and may end before it accepts the last.
  expect(incoming.arrivals.length).toBeLessThanOrEqual(1 + COUNT + COUNT);
  expect(incoming.summary.quality.listeners_not_found).toBe(0);
});
