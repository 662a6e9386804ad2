import { type Frame, type Rodata, type Stack, type TypedObject, UsageError } from '@probekit/core';
import type { OffCpu, SampleKey, skeleton } from './profile.gen.js';
import type { SamplingOutcome } from './sampling.js';

export interface OffCpuArgs {
  readonly offCpu: boolean;
  readonly minBlock: number | undefined;
  readonly maxBlock: number | undefined;
  readonly state: string | undefined;
}

/** In the order of enum state of switched-task.bpf.h. */
const STATES = 'RSDTtI';

/** Threads that could run are not blocked, and a kernel thread without work waits for nothing. */
const BLOCKED = 'SDTt';

/** Throws UsageError where options contradict each other, or a letter is none of a state. */
export function checkOffCpu(
  args: OffCpuArgs & {
    readonly frequency: number | undefined;
    readonly count: number | undefined;
    readonly cpu: readonly number[];
    readonly idle: boolean;
  },
): void {
  const { offCpu, minBlock, maxBlock, state, frequency, count, cpu, idle } = args;
  if (!offCpu) {
    const given = { '--min-block': minBlock, '--max-block': maxBlock, '--state': state };
    const [name] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
    if (name) throw new UsageError(`${name} is for --off-cpu`);
    return;
  }
  if (frequency !== undefined || count !== undefined)
    throw new UsageError('--off-cpu takes no samples, it sees every wait: leave out -F and -c');
  if (cpu.length > 0 || idle)
    throw new UsageError('--off-cpu is about threads, not about CPUs: leave out -C and -I');
  if (minBlock !== undefined && maxBlock !== undefined && minBlock > maxBlock)
    throw new UsageError(`--min-block ${minBlock} is more than --max-block ${maxBlock}`);
  const wrong = [...(state ?? '')].find((letter) => !`${STATES},`.includes(letter));
  if (wrong !== undefined || state === ',')
    throw new UsageError(
      `state must be of ${[...STATES].join(', ')}, as ps has them, not "${state}"`,
    );
}

/** What the BPF program is told. */
export function offCpuRodata({ minBlock, maxBlock, state }: OffCpuArgs): Rodata<typeof skeleton> {
  const letters = state ?? BLOCKED;
  const bits = [...STATES].map((letter, i) => (letters.includes(letter) ? 1 << i : 0));
  return {
    ...(minBlock === undefined ? {} : { least_ns: minBlock * 1000 }),
    ...(maxBlock === undefined ? {} : { most_ns: maxBlock * 1000 }),
    wanted_states: bits.reduce((all, bit) => all | bit, 0),
  };
}

/** Whether only time counts in which a thread could not have run. */
export function isBlockedOnly({ state }: Pick<OffCpuArgs, 'state'>): boolean {
  return !(state ?? BLOCKED).includes('R');
}

/** What time is counted, for a person. */
export function offCpuText({ minBlock, maxBlock, state }: OffCpuArgs): string {
  const letters = state && [...new Set(state.replaceAll(',', ''))].join(', ');
  return [
    isBlockedOnly({ state }) ? 'time blocked (us)' : 'off-CPU time (us)',
    ...(letters ? [`in state ${letters}`] : []),
    ...(minBlock === undefined ? [] : [`from ${minBlock} us`]),
    ...(maxBlock === undefined ? [] : [`up to ${maxBlock} us`]),
  ].join(' ');
}

/** All waits that have ended, by thread and stacks. */
export async function readWaits(
  object: TypedObject<typeof skeleton>,
): Promise<[SampleKey, { count: number; offCpuUs: number }][]> {
  const waits = await object.maps.waits.drain();
  return waits.map(([key, { count, ns }]) => [key, { count, offCpuUs: Math.round(ns / 1000) }]);
}

/** The threads that are still off the CPU. */
export async function readWaiting(object: TypedObject<typeof skeleton>): Promise<OffCpu[]> {
  const threads = await object.maps.threads.drain();
  return threads.map(([, thread]) => thread).filter(({ since }) => since > 0);
}

const D = STATES.indexOf('D');
const NAMED = 3;

/** What is said of them; undefined: there are none. */
export function waitingText(waiting: readonly OffCpu[]): string | undefined {
  if (waiting.length === 0) return undefined;
  const stuck = waiting.filter(({ state }) => state === D).map(({ key }) => key);
  const names = stuck.slice(0, NAMED).map(({ comm, tid }) => `${comm} (${tid})`);
  const more = stuck.length > NAMED ? ' ...' : '';
  const inD = stuck.length > 0 ? `; in state D: ${names.join(', ')}${more}` : '';
  const [threads, their] =
    waiting.length === 1 ? ['1 thread', 'its'] : [`${waiting.length} threads`, 'their'];
  return `${threads} had not come back when it ended: ${their} last wait is not counted${inD}`;
}

/** `waiting`: as many threads as readWaiting() told. */
export function offCpuOutcome(
  object: TypedObject<typeof skeleton>,
  args: OffCpuArgs,
  { waiting, offCpuUs }: { readonly waiting: number; readonly offCpuUs: number },
): Pick<SamplingOutcome, 'quality'> & { readonly inFlight: number } {
  const sampling = object.maps.sampling.perCpu(0);
  const sum = (member: 'unseenReturns' | 'missedUserStacks' | 'missedKernelStacks') =>
    sampling.reduce((total, cpu) => total + cpu[member], 0);
  return {
    inFlight: waiting,
    quality: {
      [isBlockedOnly(args) ? 'blocked_us' : 'off_cpu_us']: offCpuUs,
      unseen_returns: sum('unseenReturns'),
      missed_user_stacks: sum('missedUserStacks'),
      missed_kernel_stacks: sum('missedKernelStacks'),
    },
  };
}

/** As far as the tracepoint's own frames may go. */
const TRACING_FRAMES = 10;

/** Where it is the first of its section, the same address has the section's name. */
const SCHEDULER = new Set<string | null>(['__schedule', '__sched_text_start']);

/** The kernel stack of a switch without what traced it: it starts at the scheduler. */
export function fromScheduler(stack: Stack): Stack {
  if (!Array.isArray(stack)) return stack;
  const at = stack.findIndex(({ name }: Frame) => SCHEDULER.has(name));
  return at > 0 && at < TRACING_FRAMES ? stack.slice(at) : stack;
}
