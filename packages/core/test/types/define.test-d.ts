// Checked by `tsc -p packages/core/test/types`: what must compile, and behind each @ts-expect-error what must not.
import {
  type Column,
  defineTool,
  flag,
  histogram,
  integer,
  integers,
  notice,
  type Report,
  rows,
  type Skeleton,
  type StackCount,
  scope,
  seconds,
  stacks,
  textOption,
  u32,
  u64,
} from '../../src/index.js';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}

interface Key {
  readonly pid: number;
  readonly stack: bigint;
}
interface Event {
  readonly pid: number;
  readonly comm: string;
}
const skeleton = {
  name: 'latency',
  object: new URL('../dist/bpf/', import.meta.url),
  programs: { start: {}, end: {} },
  maps: {
    starts: {
      type: 'hash',
      keySize: 16,
      valueSize: 8,
      maxEntries: 10,
      key: { size: 16, decode: (_bytes: Buffer, _at: number): Key => ({ pid: 1, stack: 1n }) },
      value: u64,
    },
    latencies: { type: 'array', keySize: 4, valueSize: 8, maxEntries: 64, key: u32, value: u64 },
  },
  rings: {
    events: { size: 20, maxEntries: 65_536, decode: (): Event => ({ pid: 1, comm: '' }) },
  },
  rodata: {
    min_ns: { offset: 0, size: 8, kind: 'u64' },
    by_pid: { offset: 8, size: 1, kind: 'bool' },
    cgroup_id: { offset: 16, size: 8, kind: 'bigint' },
  },
} as const satisfies Skeleton;

const options = {
  ...scope,
  minMs: integer('m', 'only slower', { min: 0, max: 10, default: 10 }),
  tid: integer('L', 'only this thread', { min: 1, max: 10, default: undefined }),
  cpus: integers('C', 'only these CPUs', { min: 0, max: 10, metavar: 'CPU' }),
  disk: textOption('d', 'only this disk'),
  queued: flag('Q', 'include time queued'),
  interval: seconds('i', 'each S seconds'),
};

const columns: readonly Column<Event>[] = [
  { key: 'pid', header: 'PID', width: 7, get: ({ pid }) => pid },
  {
    key: 'comm',
    header: 'COMM',
    width: -16,
    get: ({ comm }) => comm,
    format: ({ comm }) => comm.trim(),
  },
];

const base = {
  name: 'latency',
  version: '0.1.0',
  summary: 'how long sleeps take',
  skeleton,
  options,
  examples: [['latency 1', 'each second']],
  plans: [
    {
      name: 'tp_btf',
      needs: ['btf', 'tracing'],
      capabilities: ['BPF'],
      programs: ['start', 'end'],
      attach: () =>
        [{ program: 'end' }, { program: 'start', target: { kind: 'section' } }] as const,
    },
  ],
  header: () => 'Tracing... Hit Ctrl-C to end.',
} as const;

export const latency = defineTool({
  ...base,
  positionals: ['minMs', 'duration'],
  inFlight: ['starts'],
  check(args) {
    same<typeof args.minMs, number>(true);
    same<typeof args.tid, number | undefined>(true);
    same<typeof args.cpus, readonly number[]>(true);
    same<typeof args.pid, readonly number[]>(true);
    same<typeof args.disk, string | undefined>(true);
    same<typeof args.queued, boolean>(true);
    same<typeof args.interval, number | undefined>(true);
    same<typeof args.duration, number | undefined>(true);
    same<typeof args.json, boolean>(true);
    // @ts-expect-error there is no such option
    args.minMS;
    // @ts-expect-error options are read only
    args.queued = true;
  },
  async *run({ args, open, ticks, plan }) {
    same<typeof plan, string>(true);
    await using object = await open({
      rodata: { min_ns: args.minMs * 1e6, by_pid: args.pid.length > 0, cgroup_id: 1n },
      maxEntries: { starts: 1024, events: 65_536 },
    });
    for (const [key, value] of await object.maps.starts.snapshot()) {
      same<typeof key, Key>(true);
      same<typeof value, number>(true);
    }
    object.maps.latencies.set(1, 2);
    // @ts-expect-error a key of this map is a number
    object.maps.latencies.get(1n);
    // @ts-expect-error a value of this map is a number
    object.maps.latencies.set(1, '2');
    // @ts-expect-error there is no such map
    object.maps.stops;
    // @ts-expect-error there is no such ring
    object.rings.starts;
    // @ts-expect-error there is no such program
    await object.attach('middle');
    for await (const { seq, last } of ticks) {
      same<typeof seq, number>(true);
      same<typeof last, boolean>(true);
    }
    for await (const batch of object.rings.events) {
      same<typeof batch, Event[]>(true);
      yield rows(columns, batch);
      // @ts-expect-error columns of another row
      yield rows(columns, [{ address: 1n }]);
    }
    yield histogram({
      unit: 'us',
      labels: { disk: 'vda' },
      slots: [{ from: 0, to: 1, count: 1 }],
      sum: 1,
    });
    yield stacks([] as StackCount[]);
    yield notice('a word');
    return { missed: null, quality: { runs: 1, is_exact: true } };
  },
});

export const wrong = defineTool({
  ...base,
  // @ts-expect-error no option of this name
  positionals: ['minms'],
  // @ts-expect-error no map of this name
  inFlight: ['events'],
  // @ts-expect-error a plan names a program that is not in the object
  plans: [{ ...base.plans[0], programs: ['middle'] }],
  async *run({ open }) {
    // @ts-expect-error no variable of this name
    await open({ rodata: { max_ns: 1 } });
    // @ts-expect-error a flag is no number
    await open({ rodata: { by_pid: 1 } });
    // @ts-expect-error an id is a bigint
    await open({ rodata: { cgroup_id: 1 } });
    // @ts-expect-error no map or ring of this name
    await open({ maxEntries: { stops: 1 } });
    // @ts-expect-error no program of this name
    await open({ programs: ['middle'] });
    yield notice('done');
    return undefined;
  },
});

export const badPlans = defineTool({
  ...base,
  plans: [
    // @ts-expect-error what is attached is not in the object
    { ...base.plans[0], attach: () => [{ program: 'middle' }] },
    // @ts-expect-error nobody can probe that
    { ...base.plans[0], needs: ['kprobes'] },
  ],
  async *run() {
    yield notice('done');
    return undefined;
  },
});

export const badReports = [
  defineTool({
    ...base,
    // @ts-expect-error a number is no report
    async *run() {
      yield 1;
      return undefined;
    },
  }),
  defineTool({
    ...base,
    // @ts-expect-error core alone yields meta
    async *run() {
      yield { type: 'meta' as const };
      return undefined;
    },
  }),
  defineTool({
    ...base,
    // @ts-expect-error a quality is a number, a flag or null
    async *run() {
      yield notice('x');
      return { quality: { runs: '1' } };
    },
  }),
];

// @ts-expect-error a unit that no histogram has
histogram({ unit: 's', labels: {}, slots: [], sum: 0 });
// @ts-expect-error a slot has both its ends
histogram({ unit: 'us', labels: {}, slots: [{ from: 0, count: 1 }], sum: 0 });
// @ts-expect-error undefined is no value of a cell
export const column: Column<Event> = { key: 'x', header: 'X', width: 1, get: () => undefined };

export const reports = latency({ minMs: 5, disk: undefined, pid: [1], json: true });
same<typeof reports, AsyncIterableIterator<Report>>(true);
latency({}, { signal: AbortSignal.abort(), objectFile: '/tmp/latency.bpf.o' });
same<typeof latency.definition.name, string>(true);
same<keyof typeof latency.definition.options, keyof typeof options>(true);
// @ts-expect-error no option of this name
latency({ minms: 5 });
// @ts-expect-error a number, not text
latency({ minMs: '5' });
// @ts-expect-error a list, not a number
latency({ pid: 1 });
// @ts-expect-error a flag, not text
latency({ queued: 'yes' });

for await (const report of reports) {
  // @ts-expect-error only a summary has losses
  report.lost;
  if (report.type === 'summary') same<typeof report.lost.ring_full, number>(true);
  if (report.type === 'summary') same<typeof report.missed, number | null>(true);
  if (report.type === 'rows') same<typeof report.rows, readonly unknown[]>(true);
  // @ts-expect-error no report is an event: that is JSON's name for a row
  if (report.type === 'event') throw report;
}
