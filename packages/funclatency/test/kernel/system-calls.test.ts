import { compileWorkload, machineAt, toolsInOneProcess } from '@probekit/core/testing';
import { describe, expect, inject, it } from 'vitest';
import { workload } from '../fixtures/bin.js';
import { counted, expectTruth, trace, traceProcess } from '../fixtures/run.js';

const machine = toolsInOneProcess(await machineAt(inject('guest')));
const program = compileWorkload(workload('system-calls'));
const run = (pattern: string, mode: readonly (string | number)[]) =>
  traceProcess(machine, [pattern, '-F'], mode, [program]);
/** Processes that it makes included, and others'. */
const runAll = (pattern: string, mode: readonly (string | number)[]) =>
  trace(machine, [pattern, '-F'], mode, [program]);

describe.each(['sys_getsid', '__x64_sys_getsid', 'getsid'])('%s', (pattern) => {
  it('is the system call', async () => {
    const traced = await run(pattern, ['getsid', 100]);
    expect(counted(traced, 'sys_getsid').count).toBe(100);
    expect(traced.summary.lost.no_end).toBe(0);
  });
});

it('calls of the 32-bit kind have numbers of their own', async () => {
  const both = await run('sys_getsid', ['ia32', 50]);
  expect(counted(both, 'sys_getsid').count).toBe(50);
  const only64 = await run('__x64_sys_getsid', ['ia32', 50]);
  expect(counted(only64).count).toBe(0);
  const only32 = await run('__ia32_sys_getsid', ['ia32', 50]);
  expect(counted(only32).count).toBe(50);
});

it('a call that a stop interrupts and the kernel continues is one', async () => {
  const traced = await run('sys_clock_nanosleep', ['stopped']);
  expect(traced.summary.quality.restarted).toBeGreaterThanOrEqual(1);
  expectTruth(traced, 'clock_nanosleep', 'sys_clock_nanosleep');
});

it('a call that a handler interrupts ends there, and the next is another', async () => {
  const traced = await run('sys_pause', ['handled', 5]);
  expect(counted(traced, 'sys_pause').count).toBe(5);
  expect(traced.summary.quality.restarted).toBe(0);
});

it('the child of a clone leaves without having entered', async () => {
  const all = await runAll('sys_clone', ['clone', 5]);
  expect(all.summary.unmatched_ends).toBeGreaterThanOrEqual(5);
  const parent = await run('sys_clone', ['clone', 5]);
  expect(counted(parent, 'sys_clone').count).toBe(5);
  expect(parent.summary).toMatchObject({ events: 5, unmatched_ends: 0 });
});

it('exit_group does not return', async () => {
  const traced = await runAll('sys_exit_group', ['clone', 5]);
  expect(counted(traced).count).toBe(0);
  // Its own and its children's.
  expect(traced.summary.lost.no_end).toBeGreaterThanOrEqual(6);
});
