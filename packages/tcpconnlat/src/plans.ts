import type { Need, Plan } from '@probekit/core';
import type { skeleton } from './tcpconnlat.gen.js';

interface Args {
  readonly firstResponse: boolean;
}

type Program = keyof (typeof skeleton)['programs'];

const SOCKETS: readonly Need[] = [{ tracepoint: 'inet_sock_set_state' }];

/**
 * Ends before starts, but for the states of sockets: one hook is both. A connect() that began before it is attached
 * is none of ours, and its return says nothing.
 */
const attach =
  (...programs: readonly Program[]) =>
  ({ firstResponse }: Args) =>
    [
      ...(firstResponse ? (['btf_probe', 'btf_read', 'btf_destroy'] as const) : []),
      ...programs,
    ].map((program) => ({ program: program as Program }));

export const plans: readonly Plan<typeof skeleton, Args>[] = [
  {
    name: 'fentry',
    needs: ['btf', 'tracing', 'ring', 'fentry', ...SOCKETS, { function: 'inet_stream_connect' }],
    capabilities: ['BPF', 'PERFMON'],
    attach: attach('function_connected', 'btf_state', 'function_connect'),
  },
  {
    name: 'tp_btf',
    needs: ['btf', 'tracing', 'ring', ...SOCKETS],
    capabilities: ['BPF', 'PERFMON'],
    attach: attach('btf_exit', 'btf_state', 'btf_enter'),
  },
  {
    name: 'tracepoint',
    unsuited: ({ firstResponse }) =>
      firstResponse ? 'its records do not tell which socket a segment came for' : undefined,
    needs: ['btf', 'tracepoint', 'ring'],
    capabilities: ['BPF', 'PERFMON'],
    attach: attach('record_exit', 'record_state', 'record_enter'),
  },
];
