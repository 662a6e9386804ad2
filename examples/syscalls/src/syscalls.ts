import { type Column, defineTool, integer, rows, scope, wallTime } from '@probekit/core';
import { type Call, skeleton } from './syscalls.gen.js';

const columns: readonly Column<Call>[] = [
  { key: 'time', header: 'TIME', width: -24, get: ({ timeNs }) => wallTime(timeNs) },
  { key: 'pid', header: 'PID', width: 7, get: ({ pid }) => pid },
  { key: 'tid', header: 'TID', width: 7, get: ({ tid }) => tid },
  { key: 'comm', header: 'COMM', width: -16, get: ({ comm }) => comm },
  { key: 'number', header: 'NUMBER', width: 6, get: ({ number }) => number },
];

export const syscalls = defineTool({
  name: 'syscalls',
  version: '0.1.0',
  summary: 'one row for each system call that a process enters',
  skeleton,
  options: {
    ...scope,
    number: integer('n', 'only the system call with this number', {
      min: 0,
      max: 4095,
      default: undefined,
    }),
    ringSize: integer(null, 'bytes of the ring buffer: a power of two', {
      min: 4096,
      max: 1 << 30,
      default: 32 * 1024 * 1024,
      metavar: 'BYTES',
    }),
  },
  positionals: ['duration'],
  examples: [['syscalls -p 812 5', 'what process 812 asks of the kernel in 5 seconds']],
  plans: [
    {
      name: 'tp_btf',
      needs: ['btf', 'tracing', 'ring'],
      capabilities: ['BPF', 'PERFMON'],
      programs: ['sys_enter'],
      attach: () => [{ program: 'sys_enter' }],
    },
  ],
  header: ({ pid }) =>
    `Tracing system calls of ${pid.length > 0 ? `pid ${pid.join(', ')}` : 'all processes'}... Hit Ctrl-C to end.`,

  async *run({ args, open }) {
    await using object = await open({
      rodata: { only_number: args.number ?? -1 },
      maxEntries: { calls: args.ringSize },
    });
    for await (const batch of object.rings.calls) yield rows(columns, batch);
    return undefined;
  },
});
