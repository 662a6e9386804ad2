import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileWorkload, host } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseNetstat } from '../../src/listen-queues.js';
import { workload } from '../fixtures/bin.js';
import { endTool, LOOPBACK, startTool, startWork, traceAll } from '../fixtures/run.js';

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

it('tells two listeners apart, of which one drops SYNs and the other the last ACK', async () => {
  const crowd = { workload: 'connections', scenes: [['crowd', 1, 8, 150]] } as const;
  const setups = [
    'echo 0 > /proc/sys/net/ipv4/tcp_syncookies',
    'tc qdisc add dev lo root tbf rate 200kbit burst 100 limit 100000',
  ];
  const works = await Promise.all(
    setups.map((setup) => startWork(host, { ...crowd, setup: `${LOOPBACK}; ${setup}` })),
  );
  const tool = await startTool(host, ['--first-response']);
  const lines = await Promise.all(
    works.map(async (work) => {
      const link = await host.run(['readlink', `/proc/${work.pid}/ns/net`]);
      work.write('\n');
      const { code, stderr } = await work.done;
      expect(code, stderr).toBe(0);
      return `network namespace ${/\d+/.exec(link.stdout)?.[0]} dropped`;
    }),
  );
  const { notices } = await endTool(tool);
  const said = lines.map((line) => notices.findLast((text) => text.includes(line)));
  expect(said[0]).toMatch(/^listen queue overflow: .* had to repeat their SYN/);
  expect(said[1]).toMatch(/^accept queue overflow: .* were established at once/);
});

it.each([[[]], [['--histogram', '--interval', '0.2']]])(
  'is named while the run goes on: %s',
  async (options) => {
    const scenes = [['crowd', 1, 8, 150]] as const;
    const setup = `${LOOPBACK}; echo 0 > /proc/sys/net/ipv4/tcp_syncookies`;
    const work = await startWork(host, { workload: 'connections', scenes, setup });
    const link = await host.run(['readlink', `/proc/${work.pid}/ns/net`]);
    const tool = await startTool(host, options);
    work.write('\n');
    const netns = /\d+/.exec(link.stdout)?.[0];
    await tool.waitFor(new RegExp(`listen queue overflow: .* namespace ${netns} dropped`));
    await work.done;
    await endTool(tool);
  },
);

describe('a network namespace that a mount keeps', () => {
  const program = compileWorkload(workload('connections'));
  const directory = mkdtempSync(path.join(tmpdir(), 'tcpconnlat-'));
  const file = path.join(directory, 'netns');

  /** In the namespace, where no process stays. */
  async function within(...words: string[]): Promise<string> {
    const command = ['nsenter', `--net=${file}`, ...words];
    const { code, stdout, stderr } = await host.run(command, { input: '\n' });
    expect(code, stderr).toBe(0);
    return stdout;
  }

  beforeAll(async () => {
    writeFileSync(file, '');
    await host.run(['unshare', `--net=${file}`, 'true']);
    await within('sh', '-ec', `${LOOPBACK}; echo 0 > /proc/sys/net/ipv4/tcp_syncookies`);
    await within(program, 'crowd,1,8,50');
  });

  afterAll(async () => {
    await host.run(['umount', file]);
    rmSync(directory, { recursive: true });
  });

  it('is not said to have dropped now what it dropped before', async () => {
    const { overflows } = parseNetstat(await within('cat', '/proc/net/netstat'));
    expect(overflows).toBeGreaterThan(0);
    const tool = await startTool(host, []);
    await within(program, 'crowd,64,8,50');
    const netns = /\d+/.exec(await within('readlink', '/proc/self/ns/net'))?.[0];
    const { rows, notices } = await endTool(tool);
    expect(rows.filter((row) => String(row.netns) === netns)).toHaveLength(8);
    expect(notices.filter((text) => text.includes(`namespace ${netns}`))).toEqual([]);
  });
});
