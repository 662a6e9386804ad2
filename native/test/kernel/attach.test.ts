import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import {
  allHeld,
  compileWorkload,
  eventually,
  type Held,
  heldBy,
  machineAt,
} from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildBpf } from '../../../scripts/build-bpf.mjs';

const machine = await machineAt(inject('guest'));
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const object = buildBpf({
  directory: import.meta.dirname,
  out: mkdtempSync(path.join(tmpdir(), 'probekit-attach-')),
}).find((file: string) => file.endsWith(`/${process.arch}/attach.bpf.o`)) as string;
const workload = compileWorkload(here('../workloads/calls.c'));

/** Calls after each round of each-way.mjs: of one thread, of 32 at once, and one before it uses the CPU. */
const CALLS = [1000, 1000 + 32 * 3, 1000 + 32 * 3 + 1] as const;
/** The thread that uses the CPU switches now and then, when two clocks are read one after the other. */
const CLOCK_TOLERANCE = 0.1;

type Counts = Record<string, number>;
interface Figures {
  counts: Counts;
  missed: number | null;
  recursion: number | null;
  count?: number;
}
interface Refusal {
  code: string;
  op: string;
  subject?: string;
  detail?: string;
}
interface Outcome {
  withCookie?: Refusal;
  refused?: Refusal;
  figures: [Figures, Figures, Figures, Figures] | [];
}
interface Said {
  probes: Record<string, { ok: boolean; code?: string }>;
  outcomes: Record<string, Outcome>;
  cpuTimes: [number, number, number, number];
}

const KERNELS = ['5.10', '6.1', '6.12', '7.x'];
/** By kernel: it attaches with a cookie, without one, or not at all for this reason. */
const TABLE: Record<string, readonly string[]> = {
  fentry: ['plain', 'cookie', 'cookie', 'cookie'],
  fexit: ['plain', 'cookie', 'cookie', 'cookie'],
  fsession: ['EINVAL', 'EINVAL', 'EINVAL', 'cookie'],
  kprobe: ['plain', 'cookie', 'cookie', 'cookie'],
  kretprobe: ['plain', 'cookie', 'cookie', 'cookie'],
  'kprobe.multi': ['EINVAL', 'EOPNOTSUPP', 'cookie', 'cookie'],
  'kretprobe.multi': ['EINVAL', 'EOPNOTSUPP', 'cookie', 'cookie'],
  'kprobe.session': ['EINVAL', 'EINVAL', 'cookie', 'cookie'],
  tracepoint: ['plain', 'cookie', 'cookie', 'cookie'],
  raw_tracepoint: ['plain', 'plain', 'cookie', 'cookie'],
  tp_btf: ['plain', 'plain', 'cookie', 'cookie'],
  uprobe: ['plain', 'cookie', 'cookie', 'cookie'],
  uretprobe: ['plain', 'cookie', 'cookie', 'cookie'],
  'uprobe.multi': ['EINVAL', 'EINVAL', 'cookie', 'cookie'],
  'uretprobe.multi': ['EINVAL', 'EINVAL', 'cookie', 'cookie'],
  'uprobe.session': ['EINVAL', 'EINVAL', 'EACCES', 'cookie'],
  perf_event: ['plain', 'cookie', 'cookie', 'cookie'],
  cycles: ['ENOENT', 'ENOENT', 'ENOENT', 'ENOENT'],
};
const ways = Object.keys(TABLE);
const counting = ways.filter((way) => !['perf_event', 'cycles'].includes(way));
const SESSIONS = ['fsession', 'kprobe.session', 'uprobe.session'];
/** The kernel keeps only so many calls of these at a time. */
const LIMITED: Record<string, readonly string[]> = {
  kretprobe: KERNELS,
  'kretprobe.multi': ['6.12'],
  'kprobe.session': ['6.12'],
};
/** Their links tell what they missed from 6.7 on. */
const PERF = /^(k(ret)?probe|u(ret)?probe|tracepoint)$/;

let said: Said;
let before: Held;
let after: Held;
let stillHeld: Held;

beforeAll(async () => {
  await machine.copyIn(object);
  before = await allHeld(machine);
  const command = [process.execPath, here('each-way.mjs'), object, workload];
  const script = machine.start(command);
  await script.waitFor(/^\{.*\}$/m);
  // The kernel frees maps in its own time.
  await eventually('what the kernel held before', async () => {
    after = await allHeld(machine);
    return isDeepStrictEqual(after, before);
  }).catch(() => {});
  stillHeld = await heldBy(machine, script.pid);
  script.write(null);
  const { code, stdout, stderr } = await script.done;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  said = JSON.parse(stdout);
});

afterAll(() => machine.run(['rm', '-rf', path.dirname(path.dirname(object))]));

function outcomeOf(way: string): Outcome {
  const outcome = said.outcomes[way];
  if (!outcome) throw new Error(`each-way.mjs has no ${way}`);
  return outcome;
}

/** What the table says; a host is another kernel, of which only its probes know. */
const known = (way: string) => TABLE[way]?.[KERNELS.indexOf(machine.name)];

describe('of each way to attach', () => {
  it.each(ways)('%s works or is refused as is known of this kernel', (way) => {
    const { withCookie, refused, figures } = outcomeOf(way);
    const did = refused?.code ?? (withCookie ? 'plain' : 'cookie');
    expect(did).toBe(known(way) ?? did);
    expect(figures).toHaveLength(refused ? 0 : 4);
    if (refused) expect(refused.subject).toMatch(/^on_/);
  });

  it.each(ways)('%s: the probe says the same', (way) => {
    // There is none for sessions of uprobes.
    if (way === 'uprobe.session') return;
    const { ok, code } = said.probes[way] ?? {};
    const { refused } = outcomeOf(way);
    expect(ok).toBe(!refused);
    // libbpf has a code of its own for kernels without kprobes.
    if (known(way)) expect(code).toBe(refused?.code);
  });

  it.each(counting)(
    '%s: what it counts and what the kernel missed are the calls that were made',
    (way) => {
      const { withCookie, refused, figures } = outcomeOf(way);
      if (refused) return;
      const cookie = withCookie ? '0' : '7';
      const keys = SESSIONS.includes(way) ? [cookie, `return ${cookie}`] : [cookie];
      const limited = LIMITED[way]?.includes(machine.name) ?? false;
      figures.slice(0, 3).forEach(({ counts, missed, recursion }, round) => {
        const calls = CALLS[round] ?? 0;
        expect(Object.keys(counts).sort()).toEqual(keys);
        for (const key of keys) {
          const seen = counts[key] ?? 0;
          const unseen = (missed ?? 0) + (recursion ?? 0);
          expect(seen).toBeLessThanOrEqual(calls);
          if (!limited || missed !== null) expect(seen + unseen).toBeGreaterThanOrEqual(calls);
          // What was missed of other processes is counted with it: some few.
          if (seen < calls) expect(seen + unseen).toBeLessThan(calls * 1.05);
          if (round === 0 && limited) expect(seen).toBe(calls);
          if (round > 0 && limited) expect(seen).toBeLessThan(calls);
        }
      });
    },
  );

  it.each(counting)('%s: tells misses where the kernel counts them', (way) => {
    const silent = PERF.test(way) && ['5.10', '6.1'].includes(machine.name);
    for (const { missed } of outcomeOf(way).figures) {
      if (silent) expect(missed).toBeNull();
      else expect(missed).toBeGreaterThanOrEqual(0);
    }
  });

  it.each(ways)('%s: nothing is counted after the detach', (way) => {
    const [, , last, later] = outcomeOf(way).figures;
    expect(later).toEqual(last);
  });

  it('leaves nothing in the kernel once closed', () => {
    expect(after).toEqual(before);
    expect(stillHeld).toEqual({ programs: [], maps: [], links: [], perfEvents: 0 });
  });
});

it("a perf event's clock is the CPU time of its thread, its runs no more than its frequency", () => {
  const [, first, second] = outcomeOf('perf_event').figures;
  const [, start, end] = said.cpuTimes;
  const clock = (second?.count ?? 0) - (first?.count ?? 0);
  expect(Math.abs(clock / (end - start) - 1)).toBeLessThan(CLOCK_TOLERANCE);
  const runs = ({ counts }: Figures = { counts: {}, missed: null, recursion: null }) =>
    Object.values(counts).reduce((sum, each) => sum + each, 0);
  const wanted = (clock / 1e9) * 99;
  expect(runs(second) - runs(first)).toBeLessThanOrEqual(wanted * 1.02 + 1);
  // A guest whose CPU waits for this machine's gets one timer for many: how many is profile's to tell.
  expect(runs(second) - runs(first)).toBeGreaterThan(0);
  expect([first?.missed, second?.missed]).toEqual([null, null]);
});

describe('what is not there', () => {
  it.each([
    ['fentry', 'configure', /^this kernel has no no_such_function to attach to$/],
    ['tp_btf', 'configure', /^this kernel has no no_such_function to attach to$/],
    ['kprobe', 'attach', /^this kernel has no function no_such_function$/],
    ['kprobe.multi', 'attach', /^this kernel has no function no_such_function$/],
    ['tracepoint', 'attach', /raw_syscalls\/no_such_function/],
    ['raw_tracepoint', 'attach', /'no_such_function'/],
    ['uprobe', 'attach', /^\/\S+\/calls has no symbol no_such_function$/],
    ['uprobe.multi', 'attach', /^\/\S+\/calls has no symbol no_such_function$/],
  ])('for %s is named, with ENOENT', (way, op, detail) => {
    const { refused } = outcomeOf(`${way} nowhere`);
    const cannot = way === 'kprobe.multi' && outcomeOf(way).refused;
    if (cannot) expect(refused?.code).toBe(cannot.code);
    else
      expect(refused).toMatchObject({ code: 'ENOENT', op, detail: expect.stringMatching(detail) });
  });
});
