import { fileURLToPath } from 'node:url';
import {
  allHeld,
  asNobody,
  compileWorkload,
  expectNothingNew,
  type Finished,
  holding,
  machineAt,
  openCopy,
  records,
  startToolProcess,
  startTracing,
  summaryOf,
  type ToolProcess,
  unexplained,
  withSysctl,
} from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TOOLS } from '../../src/tools.js';
import { answer, bin, root, wordsOf } from '../fixtures/doctor.js';

const machine = await machineAt(inject('guest'));
const copy = openCopy(machine, root, 'doctor');
afterAll(() => copy.remove());

const TRACEFS = '/sys/kernel/tracing';
await machine.run(['sh', '-c', `test -e ${TRACEFS}/events || mount -t tracefs tracefs ${TRACEFS}`]);

/** 5.10 counts the memory of maps against RLIMIT_MEMLOCK, which nobody may raise. */
const memory = /^5\.10\./.test(machine.kernel) ? ['SYS_RESOURCE'] : [];
const diagnosed = answer(await machine.run([...bin, '--json'])).tools;

interface Way {
  readonly tool: string;
  readonly plan: string;
  readonly capabilities: readonly string[];
  /** Those that it cannot do without when it has the others. */
  readonly named: readonly string[];
  /** It attaches by perf events. */
  readonly perf: boolean;
}

/** Every plan of every tool that works here: docs/kernels.md says which ones those are. */
const ways: Way[] = [];
for (const load of Object.values(TOOLS)) {
  const { name: tool, plans } = (await load()).definition;
  const verdicts = diagnosed.find((each) => each.tool === tool)?.plans ?? [];
  for (const { name: plan, needs, capabilities } of plans) {
    if (!verdicts.find(({ name }) => name === plan)?.ok) continue;
    // tracefs is open to its owner alone.
    const reading = needs.includes('tracepoint') ? ['DAC_READ_SEARCH'] : [];
    const perf = needs.includes('tracepoint') || needs.includes('perf_event');
    // Perf events of uprobes ask for it (kernel/events/core.c), and it includes the others.
    const all = needs.includes('uprobe') ? ['SYS_ADMIN'] : capabilities;
    const named = [...all, ...reading, ...memory];
    ways.push({ tool, plan, capabilities: [...new Set([...capabilities, ...named])], named, perf });
  }
}

/** For nobody with these capabilities, and no more memory to lock than kernels before 5.16 give. */
const as = (...held: readonly string[]) => [
  ...['sh', '-c', 'ulimit -l 64; exec "$@"', 'sh'],
  ...asNobody(...held),
];
const paranoid = <T>(value: number, body: () => Promise<T>) =>
  withSysctl(machine, 'kernel.perf_event_paranoid', value, body);
const wordsFor = ({ tool, plan }: Way) => [...wordsOf(tool, plan), '--plan', plan, '--json'];
const without = ({ capabilities }: Way, missing: string) =>
  capabilities.filter((name) => name !== missing);

/** A tenth of a second of some plans, by nobody with a set of capabilities. */
interface Trial {
  readonly paranoid: number;
  readonly held: readonly string[];
  readonly ways: Way[];
  outcome?: Promise<Finished[]>;
}

/** A process for each set of capabilities, not for each plan: in a guest most of a refusal is Node's start. */
const trials = new Map<string, Trial>();

function trialOf(value: number, held: readonly string[]): Trial {
  const key = JSON.stringify([value, [...held].sort()]);
  const trial = trials.get(key) ?? { paranoid: value, held, ways: [] };
  trials.set(key, trial);
  return trial;
}

for (const way of ways) {
  for (const missing of way.named) trialOf(2, without(way, missing)).ways.push(way);
  if (way.perf) trialOf(3, way.capabilities).ways.push(way);
}

/** How the plan ended in its trial. */
async function tried(way: Way, value: number, held: readonly string[]): Promise<Finished> {
  const trial = trialOf(value, held);
  trial.outcome ??= paranoid(value, async () => {
    const tools = startToolProcess(machine, [...as(...held), ...copy.server]);
    const ended: Finished[] = [];
    for (const one of trial.ways) {
      const brief = [...copy.bin(one.tool), ...wordsFor(one), '--duration', '0.1'];
      ended.push(await tools.start(brief).done);
    }
    expect(await tools.end()).toMatchObject({ code: 0, stderr: '' });
    return ended;
  });
  return (await trial.outcome)[trial.ways.indexOf(way)] as Finished;
}

it('every tool works here', () => {
  expect(new Set(ways.map(({ tool }) => tool))).toEqual(new Set(Object.keys(TOOLS)));
});

describe.each(ways)('$tool --plan $plan', (way) => {
  const { tool, plan, capabilities, named, perf } = way;
  const run = [...copy.bin(tool), ...wordsFor(way)];

  it('runs for nobody with exactly its capabilities, and leaves nothing after SIGINT', async () => {
    await paranoid(2, async () => {
      const tracing = await startTracing(machine, [...as(...capabilities), ...run]);
      lastOpened.set(way, await lastForTracing(tracing.pid));
      tracing.command.signal('SIGINT');
      const { code, stdout, stderr } = await tracing.command.done;
      expect(code, stderr).toBe(0);
      const printed = records(stdout);
      expect(printed[0]).toMatchObject({ type: 'meta', plan });
      expect(unexplained(summaryOf(printed))).toBe(0);
      await tracing.expectNothingLeft();
    });
  });

  it.each(named)('names CAP_%s, and it alone, to nobody without it', async (missing) => {
    const { code, stdout, stderr } = await tried(way, 2, without(way, missing));
    expect(stderr).toMatch(new RegExp(`^${tool}: cannot run here: ${plan}(: | needs ).*\n$`));
    expect(stderr.match(/CAP_\w+/g)).toEqual([`CAP_${missing}`]);
    expect(records(stdout)).toMatchObject([{ type: 'error', exit: 3 }]);
    expect(code).toBe(3);
  });

  if (perf) {
    // Debian's kernels refuse at 3; others know no such value. The kernel is asked by a program that is not ours.
    it('names CAP_SYS_ADMIN where perf_event_paranoid is 3', async () => {
      const source = fileURLToPath(new URL('../workloads/perf-event-allowed.c', import.meta.url));
      const truth = await paranoid(3, () =>
        machine.run([...as(...capabilities), compileWorkload(source)]),
      );
      const { code, stderr } = await tried(way, 3, capabilities);
      if (machine.name !== 'host') expect(truth.stdout).not.toBe('allowed\n');
      if (truth.stdout === 'allowed\n') return expect(code, stderr).toBe(0);
      expect(stderr).toMatch(
        /needs CAP_SYS_ADMIN while kernel.perf_event_paranoid is 3; run as root, or set it to 2\n$/,
      );
      expect(stderr.match(/CAP_\w+/g)).toEqual(['CAP_SYS_ADMIN']);
      expect(code).toBe(3);
    });
  }
});

/** The last descriptor that a run of each plan opened for tracing; it may have inherited higher ones. */
const lastOpened = new Map<Way, number>();

async function lastForTracing(pid: number): Promise<number> {
  const ours = ['(', '-lname', 'anon_inode:bpf*', '-o', '-lname', 'anon_inode:*perf_event*', ')'];
  const find = ['find', `/proc/${pid}/fd`, ...ours, '-printf', '%f\\n'];
  const { stdout } = await machine.run(find);
  return Math.max(...stdout.trimEnd().split('\n').map(Number));
}

/** Gives a process that many descriptors, for as long as `body` takes. */
async function withDescriptors<T>(pid: number, most: number, body: () => Promise<T>): Promise<T> {
  const [, soft] = /^Max open files +(\d+)/m.exec(await machine.read(`/proc/${pid}/limits`)) ?? [];
  const limit = async (to: string) => {
    const { code, stderr } = await machine.run(['prlimit', `--pid=${pid}`, `--nofile=${to}:`]);
    expect(code, stderr).toBe(0);
  };
  await limit(String(most));
  try {
    return await body();
  } finally {
    await limit(soft as string);
  }
}

// All plans of a tool in one process: in a guest, its start is most of a run.
describe.each(Object.keys(TOOLS))('%s, by all its plans', (tool) => {
  const plans = ways.filter((way) => way.tool === tool);
  const start = (...words: string[]) =>
    tools.start([process.execPath, `${root}/packages/${tool}/bin/${tool}.cjs`, ...words]);
  let tools: ToolProcess;

  beforeAll(async () => {
    tools = startToolProcess(machine);
    await start('--version').done;
  });
  afterAll(async () => {
    tools.signal('SIGKILL');
    await tools.done;
  });

  it.each(plans)('$plan leaves nothing where an attachment fails', async (way) => {
    const before = await allHeld(machine);
    const refused: string[] = [];
    const seen: string[] = [];
    // With a few file descriptors less than it needs, attachments find none: its last ones, or, where those are followed
    // by something else that finds none, those before. This process has some more or less open than the one that was seen.
    const last = lastOpened.get(way);
    if (last === undefined) throw new Error('its run for nobody did not come so far');
    const fewer = Array.from({ length: 40 }, (_, i) => last + 3 - i);
    for (const files of [last, ...fewer.filter((files) => files !== last)]) {
      const { code, stderr } = await withDescriptors(
        tools.pid,
        files,
        () => start(...wordsFor(way), '--duration', '0.1').done,
      );
      seen.push(`${files}: ${stderr}`);
      if (code !== 0 && /(attach|perf_event_open)\b.* failed: EMFILE/.test(stderr))
        refused.push(stderr);
      if (refused.length > 0) break;
    }
    expect(refused, seen.join('')).toEqual([
      expect.stringMatching(/raise the limit with ulimit -n\n$/),
    ]);
    await expectNothingNew(machine, before);
  });

  it('leaves nothing after SIGKILL', async () => {
    const { perfEvents } = await allHeld(machine);
    const tracing = plans.map((way) => start(...wordsFor(way)).waitFor(/Hit Ctrl-C to end/));
    await Promise.all(tracing);
    const { held, expectNothingLeft } = await holding(machine, tools.pid, perfEvents);
    expect(held.programs.length).toBeGreaterThanOrEqual(plans.length);
    expect(held.links.length + held.perfEvents).toBeGreaterThanOrEqual(plans.length);
    tools.signal('SIGKILL');
    expect(await tools.done).toMatchObject({ signal: 'SIGKILL' });
    await expectNothingLeft();
  });
});
