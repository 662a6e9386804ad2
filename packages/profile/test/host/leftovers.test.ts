import { compileWorkload, host, type Started, startTracing } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';

let spinner: Started;

beforeAll(async () => {
  spinner = host.start([compileWorkload(workload('shares'))]);
  await spinner.waitFor(/spinning/);
});

afterAll(async () => {
  spinner.signal('SIGKILL');
  await spinner.done;
});

const sampling = () => [...bin, '-p', String(spinner.pid)];

describe('the kernel holds what it held before', () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)('after %s', async (signal) => {
    const { command, expectNothingLeft } = await startTracing(host, sampling());
    command.signal(signal);
    await command.done;
    await expectNothingLeft();
  });

  it('after two signals', async () => {
    const { command, expectNothingLeft } = await startTracing(host, sampling());
    command.signal('SIGINT');
    command.signal('SIGTERM');
    await command.done;
    await expectNothingLeft();
  });

  it('after the reader went away', async () => {
    const shell = ['bash', '-c', '"$@" | true', 'bash'];
    const { command, pid, expectNothingLeft } = await startTracing(host, [...shell, ...sampling()]);
    process.kill(pid, 'SIGINT');
    await command.done;
    await expectNothingLeft();
  });
});
