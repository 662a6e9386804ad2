import { missing, type Need, type Plan } from '@probekit/core';
import type { skeleton } from './biolatency.gen.js';
import { cgroupWay } from './charge.js';

interface Args {
  readonly queued: boolean;
  readonly split: boolean;
  readonly bio: boolean;
  readonly slowest: boolean;
  readonly cgroup: string | undefined;
}

type Program = keyof (typeof skeleton)['programs'];

const cgroupDetail = ({ cgroup }: Args) =>
  cgroup === undefined ? undefined : cgroupWay(cgroup).way;

/** Hooks in the order of attachment: ends before starts, and a requeue before the issue that it explains. */
function hooks(args: Args): string[] {
  if (args.bio) return ['bio_complete', 'bio_queue'];
  const fromInsert = args.queued || args.split;
  const bySubmitter = cgroupDetail(args) === 'submitter';
  return [
    ...(bySubmitter ? ['bio_complete'] : []),
    'complete',
    'requeue',
    ...(fromInsert && hasMerge() ? ['merge'] : []),
    'issue',
    ...(fromInsert || args.slowest ? ['insert'] : []),
    ...(bySubmitter ? ['bio_queue'] : []),
  ];
}

/** A kernel without it merges all the same: what we took for a start is then `lost.no_end`, or in flight. */
function hasMerge(): boolean {
  return missing({ tracepoint: 'block_rq_merge' }, []) === undefined;
}

const TRACEPOINTS: readonly Need[] = [
  { tracepoint: 'block_rq_issue' },
  { tracepoint: 'block_rq_complete' },
];

const attach = (prefix: string) => (args: Args) =>
  hooks(args).map((hook) => ({ program: `${prefix}_${hook}` as Program }));

export const plans: readonly Plan<typeof skeleton, Args>[] = [
  {
    name: 'tp_btf',
    needs: ['btf', 'tracing', ...TRACEPOINTS],
    capabilities: ['BPF', 'PERFMON'],
    detail: cgroupDetail,
    attach: attach('btf'),
  },
  {
    name: 'raw_tp',
    needs: ['btf', 'raw_tracepoint'],
    capabilities: ['BPF', 'PERFMON'],
    detail: cgroupDetail,
    attach: attach('raw'),
  },
  {
    name: 'tracepoint',
    unsuited({ bio, cgroup }) {
      if (bio) return 'its records do not tell which bio ends';
      return cgroup === undefined ? undefined : 'its records do not tell cgroups apart';
    },
    needs: ['btf', 'tracepoint'],
    capabilities: ['BPF', 'PERFMON'],
    attach: attach('record'),
  },
];
