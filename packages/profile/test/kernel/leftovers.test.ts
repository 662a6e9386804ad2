import { allHeld, compileWorkload, machineAt, type Started } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';
import { startTracing } from '../fixtures/tracing.js';

const machine = await machineAt(inject('guest'));
let spinner: Started;

beforeAll(async () => {
  spinner = machine.start([compileWorkload(workload('shares'))]);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  spinner.signal('SIGKILL');
  await spinner.done;
});

const sampling = () => [...bin, '-p', String(spinner.pid)];

describe('the kernel holds what it held before', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)('after %s', async (signal) => {
    const { command, expectNothingLeft } = await startTracing(machine, sampling());
    command.signal(signal);
    await command.done;
    await expectNothingLeft();
  });

  it('after an attachment that failed', async () => {
    const { command, pid } = await startTracing(machine, sampling());
    const { stdout } = await machine.run(['sh', '-c', `ls /proc/${pid}/fd | sort -n | tail -n 1`]);
    command.signal('SIGINT');
    await command.done;

    // With a few file descriptors less than it needs, its last attachments find none.
    const before = await allHeld(machine);
    const refused: string[] = [];
    for (let files = Number(stdout); refused.length === 0 && files > 8; files--) {
      const limited = ['bash', '-c', `ulimit -n ${files}; exec "$@"`, 'bash', ...sampling(), '0.1'];
      const { code, stderr } = await machine.run(limited);
      if (code !== 0 && /(attach|perf_event_open)\b.* failed: EMFILE/.test(stderr))
        refused.push(stderr);
    }
    expect(refused).toEqual([expect.stringMatching(/raise the limit with ulimit -n\n$/)]);
    expect(await allHeld(machine)).toEqual(before);
  });
});
