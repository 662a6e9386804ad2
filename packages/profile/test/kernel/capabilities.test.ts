import {
  asNobody,
  compileWorkload,
  type Finished,
  machineAt,
  memoryCapabilities,
  type OpenCopy,
  openCopy,
  records,
  type Started,
  withSysctl,
} from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bin, root, workload } from '../fixtures/bin.js';

const machine = await machineAt(inject('guest'));

const MEMORY = memoryCapabilities(machine);
const LOAD = ['BPF', 'PERFMON', ...MEMORY];
const ALL = [...LOAD, 'SYSLOG', 'SYS_PTRACE'];

let reader: Started;
let copy: OpenCopy;

beforeAll(async () => {
  copy = openCopy(machine, root, 'profile');
  reader = machine.start([compileWorkload(workload('read-zeros'))]);
  await reader.waitFor(/reading/);
});

afterAll(async () => {
  copy.remove();
  reader.signal('SIGKILL');
  await reader.done;
});

const without = (missing: string) => ALL.filter((name) => name !== missing);

/** Half a second of root's process that reads, sampled by nobody with exactly these capabilities. */
function sampled(...capabilities: string[]): Promise<Finished> {
  // What most kernels have; Debian's own default is 3.
  return withSysctl(machine, 'kernel.perf_event_paranoid', 2, () =>
    machine.run([...asNobody(...capabilities), ...copy.bin('profile'), ...scope()]),
  );
}

const scope = () => ['-F', '499', '-p', String(reader.pid), '--json', '0.5'];

/** Frames of all stacks, user and kernel, and what else was said. */
function read({ stdout }: Finished) {
  const printed = records(stdout);
  const stacks = printed.filter(({ type }) => type === 'stack');
  return {
    user: new Set(stacks.flatMap(({ user }) => user as string[])),
    kernel: new Set(stacks.flatMap(({ kernel }) => (kernel ?? []) as string[])),
    notices: printed.filter(({ type }) => type === 'notice').map(({ text }) => text),
    summary: printed.at(-1) as { reported?: number },
  };
}

describe('nobody', () => {
  it('with all capabilities gets every name', async () => {
    const finished = await sampled(...ALL);
    expect(finished.code, finished.stderr).toBe(0);
    const { user, kernel, notices, summary } = read(finished);
    expect(summary.reported).toBeGreaterThan(0);
    expect(user).toContain('read_zeros');
    expect(kernel).toContain('vfs_read');
    expect(notices).toEqual([]);
  });

  it('without CAP_SYSLOG gets no kernel names, and is told so', async () => {
    const finished = await withSysctl(machine, 'kernel.kptr_restrict', 1, () =>
      sampled(...without('SYSLOG')),
    );
    expect(finished.code, finished.stderr).toBe(0);
    const { user, kernel, notices } = read(finished);
    expect(user).toContain('read_zeros');
    expect([...kernel]).toEqual(['[unknown]']);
    expect(notices).toEqual(['kernel frames have no names: needs CAP_SYSLOG']);
    expect(finished.stderr).toContain(`profile: ${notices[0]}\n`);
  });

  it("without CAP_SYS_PTRACE gets no names of root's process, and is told so", async () => {
    const finished = await sampled(...without('SYS_PTRACE'));
    expect(finished.code, finished.stderr).toBe(0);
    const { user, kernel, notices } = read(finished);
    expect([...user]).toEqual(['[unknown]']);
    expect(kernel).toContain('vfs_read');
    expect(notices).toEqual([
      'frames of 1 process have no names: those of other users need CAP_SYS_PTRACE',
    ]);
    expect(finished.stderr).toContain(`profile: ${notices[0]}\n`);
  });

  it('with only CAP_BPF and CAP_PERFMON counts, and says what it cannot name', async () => {
    const finished = await withSysctl(machine, 'kernel.kptr_restrict', 1, () => sampled(...LOAD));
    expect(finished.code, finished.stderr).toBe(0);
    const { notices, summary } = read(finished);
    expect(summary.reported).toBeGreaterThan(0);
    expect(notices.join()).toMatch(/CAP_SYSLOG.*CAP_SYS_PTRACE/);
  });
});

describe('kernel.kptr_restrict at 2', () => {
  it('hides kernel names from root too, which is said', async () => {
    const finished = await withSysctl(machine, 'kernel.kptr_restrict', 2, () =>
      machine.run([...bin, ...scope()]),
    );
    expect(finished.code).toBe(0);
    const { user, kernel, notices } = read(finished);
    expect(user).toContain('read_zeros');
    expect([...kernel]).toEqual(['[unknown]']);
    expect(notices).toEqual([
      'kernel frames have no names: kernel.kptr_restrict is 2, for root too; set it to 1',
    ]);
  });
});
