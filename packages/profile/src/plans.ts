import type { Plan } from '@probekit/core';
import type { skeleton } from './profile.gen.js';
import { eventRate, type Rate } from './sampling.js';
import { sampledCpus } from './scope.js';

export interface PlanArgs extends Rate {
  readonly idle: boolean;
  readonly cpu: readonly number[];
  readonly offCpu: boolean;
}

const CAPABILITIES = ['BPF', 'PERFMON'];

const sampling = (event: 'cpu-cycles' | 'cpu-clock'): Plan<typeof skeleton, PlanArgs> => ({
  name: event,
  needs: ['btf', event === 'cpu-cycles' ? 'cpu_cycles' : 'perf_event'],
  capabilities: CAPABILITIES,
  programs: ['sample'],
  unsuited({ idle, offCpu }) {
    if (offCpu) return 'it sees what is on a CPU';
    return event === 'cpu-cycles' && idle
      ? 'an idle CPU has no cycles, and -I asks for it'
      : undefined;
  },
  attach: (args) =>
    sampledCpus(args.cpu).map((cpu) => ({
      program: 'sample',
      target: { kind: 'perf_event', event, ...eventRate(args), cpu },
    })),
});

const unlessOffCpu = ({ offCpu }: PlanArgs) => (offCpu ? undefined : 'for --off-cpu');

export const plans: readonly Plan<typeof skeleton, PlanArgs>[] = [
  sampling('cpu-cycles'),
  sampling('cpu-clock'),
  {
    name: 'tp_btf',
    needs: ['btf', 'tracing', { tracepoint: 'sched_switch' }],
    capabilities: CAPABILITIES,
    unsuited: unlessOffCpu,
    attach: () => [{ program: 'btf_switch' }],
  },
  {
    name: 'raw_tp',
    needs: ['btf', 'raw_tracepoint'],
    capabilities: CAPABILITIES,
    unsuited: unlessOffCpu,
    attach: () => [{ program: 'raw_switch' }],
  },
];
