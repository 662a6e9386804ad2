import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { collapse, extract } from '../../src/flamegraph.js';
import { run } from '../fixtures/command.js';

const PERF = `dd 812/815 [001] 1.000001:     250000 cpu-clock:
\tffffffff81000010 vfs_read+0x10 ([kernel.kallsyms])
\t    7f0000001000 work(int)+0x1 (/usr/bin/dd)

dd 812/815 [001] 1.000002:     250000 cpu-clock:
\t    7f0000001000 work(int)+0x1 (/usr/bin/dd)

dd 812/812 [000] 1.000003:          7 page-faults:
\t    7f0000001000 start+0x1 (/usr/bin/dd)

`;
const BPFTRACE = `Attaching 1 probe...

@[
    vfs_read+1
    ksys_read+95
,
    read+12
, dd]: 15
@latency[
    vfs_read+1
]: count 3, average 5, total 15
`;
// Of the DTrace guide: aggregations of ustack() and stack().
const DTRACE = `CPU     ID                    FUNCTION:NAME
  0  75022                        :tick-60s


              unix\`i86_mwait+0xd
              unix\`cpu_idle_mwait+0xf1
                7

              libc.so.1\`read+0x7
              cat\`main+0x2f1
               12
`;

/** What a page was made of. */
async function folded(from: string, output: string, ...args: string[]) {
  const { code, stdout } = await run(['--from', from, ...args], output);
  expect(code).toBe(0);
  return (await extract(Buffer.from(stdout), 'it')).folded.toString();
}

describe('the output of another profiler', () => {
  it('of perf script: the first event, or the one that is asked for', async () => {
    expect(await folded('perf', PERF)).toBe('dd;work 250000\ndd;work;vfs_read_[k] 250000\n');
    expect(await folded('perf', PERF, '--event', 'page-faults')).toBe('dd;start 7\n');
    expect(await folded('perf', PERF, '--html')).toBe(
      'dd-812/815;work 250000\ndd-812/815;work;vfs_read_[k] 250000\n',
    );
  });

  it.each([
    [[], 'the first, left out: 1'],
    [['--event', 'page-faults'], 'page-faults, left out: 2'],
  ])('of perf script %j, and says how much is of other events', async (args, said) => {
    const { code, stderr } = await run(['--from', 'perf', ...args], PERF);
    expect([code, stderr]).toEqual([
      0,
      `flamegraph: samples of "standard input" of other events than ${said}\n`,
    ]);
  });

  it.each([
    [PERF, 'perf'],
    [BPFTRACE, 'bpftrace'],
    [DTRACE, 'dtrace'],
  ])('is told by its looks where nobody says what it is', async (output, program) => {
    const { stderr } = await run([], output);
    expect(stderr.split('\n')).toContain(
      `flamegraph: this looks like the output of ${program}: give --from ${program}`,
    );
  });

  it.each([
    ['PERFILE2\0', /^"standard input" is data of perf record: .* --from perf\n$/],
    [gzipSync('a 1\n'), /^"standard input" is gzip: .*\n$/],
  ])('is no other file: %j', async (input, message) => {
    for (const args of [[], ['--from', 'perf']]) {
      const { code, stdout, stderr } = await run(args, input);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr.replace('flamegraph: ', '')).toMatch(message);
    }
  });

  it('of DTrace', async () => {
    expect(await folded('dtrace', DTRACE)).toBe(
      'cat`main;libc.so.1`read 12\nunix`cpu_idle_mwait;unix`i86_mwait 7\n',
    );
  });

  it('of bpftrace, and says which entries have no count', async () => {
    const { code, stdout, stderr } = await run(['--from', 'bpftrace'], BPFTRACE);
    expect([code, stderr]).toEqual([
      0,
      'flamegraph: entries of "standard input" without a plain count, left out: 1\n',
    ]);
    expect((await extract(Buffer.from(stdout), 'it')).folded.toString()).toBe(
      'dd;read;ksys_read;vfs_read 15\n',
    );
  });

  it.each(['perf', 'bpftrace', 'dtrace'])('of %s without a stack is an error', async (from) => {
    expect(await run(['--from', from], 'nothing of the kind\n')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^flamegraph: no stack in the input[^\n]*\n$/),
    });
  });

  it('is folded by the library too', async () => {
    const { folded, leftOut } = await collapse(Buffer.from(BPFTRACE), { from: 'bpftrace' });
    expect([folded.toString(), leftOut]).toEqual(['dd;read;ksys_read;vfs_read 15\n', 1]);
  });
});
