import type { Need, Plan } from '@probekit/core';
import type { skeleton } from './tcpconnlat.gen.js';

interface Args {
  readonly firstResponse: boolean;
  readonly passive: boolean;
}

type Program = keyof (typeof skeleton)['programs'];

const SOCKETS: readonly Need[] = [{ tracepoint: 'inet_sock_set_state' }];

const FUNCTIONS: readonly Need[] = [
  { function: 'inet_stream_connect' },
  { function: 'inet_csk_accept' },
];

/**
 * Ends before starts, but for the states of sockets: one hook is both. A connect() that began before it is attached
 * is none of ours, and its return says nothing; no more does an accept().
 */
const attach =
  (ways: { readonly connect: readonly Program[]; readonly accept: readonly Program[] }) =>
  ({ firstResponse, passive }: Args) => {
    const first = firstResponse ? (['btf_probe', 'btf_read', 'btf_destroy'] as const) : [];
    const programs: readonly Program[] = passive ? ways.accept : [...first, ...ways.connect];
    return programs.map((program) => ({ program }));
  };

export const plans: readonly Plan<typeof skeleton, Args>[] = [
  {
    name: 'fentry',
    needs: ['btf', 'tracing', 'ring', 'fentry', ...SOCKETS, ...FUNCTIONS],
    capabilities: ['BPF', 'PERFMON'],
    attach: attach({
      connect: ['function_connected', 'btf_state', 'function_connect'],
      accept: ['function_accepted', 'btf_incoming'],
    }),
  },
  {
    name: 'tp_btf',
    needs: ['btf', 'tracing', 'ring', ...SOCKETS],
    capabilities: ['BPF', 'PERFMON'],
    attach: attach({
      connect: ['btf_exit', 'btf_state', 'btf_enter'],
      accept: ['btf_accept_exit', 'btf_incoming'],
    }),
  },
  {
    name: 'tracepoint',
    unsuited: ({ firstResponse }) =>
      firstResponse ? 'its records do not tell which socket a segment came for' : undefined,
    needs: ['btf', 'tracepoint', 'ring'],
    capabilities: ['BPF', 'PERFMON'],
    attach: attach({
      connect: ['record_exit', 'record_state', 'record_enter'],
      accept: ['record_accept_exit', 'record_incoming'],
    }),
  },
];
