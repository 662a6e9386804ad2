import { eventually, machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

const guest = inject('guest');
const machine = await machineAt(guest);

const ID = '3f2a9c1b7d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8';
const group = `/sys/fs/cgroup${guest ? '' : '/unified'}/docker-${ID}.scope`;

/** Hundredths of a second of CPU time. */
async function cpuTime(pid: number): Promise<number> {
  const fields = (await machine.read(`/proc/${pid}/stat`)).split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

it('--root=container tells the container of a process by its cgroup', async () => {
  const script = `mkdir ${group}; echo $$ > ${group}/cgroup.procs; echo spinning; while :; do :; done`;
  const spinner = machine.start(['sh', '-c', script]);
  try {
    await spinner.waitFor(/spinning/);
    const only = ['-p', String(spinner.pid), '-F', '499', '-f', '--root=container'];
    const tool = machine.start([...bin, ...only]);
    await tool.waitFor(/Hit Ctrl-C/);
    const before = await cpuTime(spinner.pid);
    await eventually('samples', async () => (await cpuTime(spinner.pid)) > before + 20, 60);
    if (guest) {
      // On v2 the kernel tells it with the samples. Of v1's hierarchies only /proc tells, while there is a process.
      spinner.signal('SIGKILL');
      await spinner.done;
    }
    tool.signal('SIGINT');
    const { code, stdout, stderr } = await tool.done;
    expect(code, stderr).toBe(0);
    const roots = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/[; ]/).slice(0, 2).join(';'));
    expect([...new Set(roots)]).toEqual(['docker:3f2a9c1b7d4e;sh']);
  } finally {
    spinner.signal('SIGKILL');
    await spinner.done;
    await eventually('the cgroup can be removed', async () => {
      await machine.run(['rmdir', group]);
      return (await machine.run(['test', '-e', group])).code !== 0;
    });
  }
});
