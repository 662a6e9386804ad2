import type { Frame } from '@probekit/core';
import { parseTool } from '@probekit/core/cli';
import { describe, expect, it } from 'vitest';
import { fromScheduler, offCpuRodata, waitingText } from '../../src/off-cpu.js';
import type { OffCpu } from '../../src/profile.gen.js';
import { profile } from '../../src/profile.js';

async function args(...words: string[]) {
  const parsed = await parseTool(profile, words);
  if (parsed.kind !== 'run') throw new Error(parsed.text);
  return parsed.args;
}

describe('--off-cpu', () => {
  it.each([
    [['--min-block', '5'], '--min-block is for --off-cpu'],
    [['--max-block', '5'], '--max-block is for --off-cpu'],
    [['--state', 'D'], '--state is for --off-cpu'],
    [['--off-cpu', '-F', '99'], 'leave out -F and -c'],
    [['--off-cpu', '-c', '10000'], 'leave out -F and -c'],
    [['--off-cpu', '-C', '0'], 'leave out -C and -I'],
    [['--off-cpu', '-I'], 'leave out -C and -I'],
    [
      ['--off-cpu', '--min-block', '5', '--max-block', '4'],
      '--min-block 5 is more than --max-block 4',
    ],
    [['--off-cpu', '--state', 'X'], 'state must be of R, S, D, T, t, I, as ps has them, not "X"'],
    [['--off-cpu', '--state', ','], 'not ","'],
    [['--root', 'pid'], '--root is for folded stacks and files: give -f or -o'],
  ])('%j is refused', async (words, message) => {
    await expect(args(...words)).rejects.toThrow(message);
  });

  it.each([
    [[], 'time blocked (us) of all threads by user + kernel stack... Hit Ctrl-C to end.'],
    [['-K', '10'], 'time blocked (us) of all threads by kernel stack for 10 secs.'],
    [
      ['--state', 'D', '--min-block', '1000', '-p', '812', '1'],
      'time blocked (us) in state D from 1000 us of pid 812 by user + kernel stack for 1 secs.',
    ],
    [
      ['--state', 'RSD', '--max-block', '7', '1'],
      'off-CPU time (us) in state R, S, D up to 7 us of all threads by user + kernel stack for 1 secs.',
    ],
  ])('with %j says what it counts', async (words, wanted) => {
    const header = profile.definition.header(await args('--off-cpu', ...words), 'tp_btf');
    expect(header).toBe(`Tracing ${wanted}`);
  });

  it.each([
    [undefined, 0b011110],
    ['R', 0b000001],
    ['S,D', 0b000110],
    ['I', 0b100000],
    ['R,S,D,T,t,I', 0b111111],
  ])('in state %s tells the kernel so', (state, wanted) => {
    const given = { offCpu: true, minBlock: 0, maxBlock: 2, state };
    expect(offCpuRodata(given)).toEqual({ least_ns: 0, most_ns: 2000, wanted_states: wanted });
  });
});

describe('threads that are still off the CPU', () => {
  const thread = (comm: string, state: number) =>
    ({ key: { comm, tid: 7 }, since: 1, state }) as unknown as OffCpu;

  it.each([
    [[], undefined],
    [[thread('a', 1)], '1 thread had not come back when it ended: its last wait is not counted'],
    [
      [thread('a', 1), thread('b', 2), thread('c', 2), thread('d', 2), thread('e', 2)],
      '5 threads had not come back when it ended: their last wait is not counted; in state D: b (7), c (7), d (7) ...',
    ],
  ])('are told: %#', (threads, wanted) => expect(waitingText(threads)).toBe(wanted));
});

describe('the kernel stack of a switch', () => {
  const stack = (...names: string[]): Frame[] =>
    names.map((name) => ({ address: 1n, name, module: null }));

  it('begins at the scheduler', () => {
    const traced = stack('bpf_prog_1_btf_switch', 'bpf_trace_run4', '__schedule', 'schedule');
    expect(fromScheduler(traced)).toEqual(stack('__schedule', 'schedule'));
  });

  it('is whole where it is not found, or further up', () => {
    for (const whole of [stack('a', 'b'), stack(...'0123456789', '__schedule'), 'missed', null]) {
      expect(fromScheduler(whole as Frame[])).toEqual(whole);
    }
  });
});
