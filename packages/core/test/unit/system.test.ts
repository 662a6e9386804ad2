import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  cgroupId,
  effectiveCapabilities,
  onlineCpus,
  parseCpuList,
  requireProcess,
  sysctl,
} from '../../src/system.js';

describe('this system', () => {
  it.each([
    ['0', [0]],
    ['0-3\n', [0, 1, 2, 3]],
    ['0-1,4,6-7\n', [0, 1, 4, 6, 7]],
  ])('has CPUs %j', (list, cpus) => expect(parseCpuList(list)).toEqual(cpus));

  it('has as many CPUs online as /proc/cpuinfo says', () => {
    const processors = readFileSync('/proc/cpuinfo', 'utf8').match(/^processor\s*:/gm) ?? [];
    expect(onlineCpus()).toHaveLength(processors.length);
  });

  it('tells the capabilities that this process has', () => {
    const bits = BigInt(
      `0x${/^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`,
    );
    expect(effectiveCapabilities().has('SYS_ADMIN')).toBe(((bits >> 21n) & 1n) === 1n);
    expect(effectiveCapabilities().has('BPF')).toBe(((bits >> 39n) & 1n) === 1n);
  });

  it('has settings, and says which it has not', () => {
    expect(sysctl('kernel.pid_max')).toBe(Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')));
    expect(sysctl('kernel.no_such_setting')).toBeUndefined();
  });

  it('knows a process from a thread and from nothing', () => {
    expect(() => requireProcess(process.pid)).not.toThrow();
    expect(() => requireProcess(4_194_304)).toThrow(
      expect.objectContaining({
        exitCode: 1,
        message: 'no process 4194304; ps -e lists those that run',
      }),
    );
    const tid = Math.max(...readdirSync('/proc/self/task').map(Number));
    expect(() => requireProcess(tid)).toThrow(
      `${tid} is a thread of process ${process.pid}: use ${process.pid}`,
    );
  });

  it('refuses a directory that is no cgroup', () => {
    expect(() => cgroupId('/proc')).toThrow(/^"\/proc" is not in a cgroup v2 hierarchy/);
  });
});
