// @ts-check
// Attaches the programs of attach.bpf.o in each way at once, lets calls.c call, and prints what came of each as JSON
// once all is closed; then waits for its input to end. Runs where the kernel is: on the host or in a guest.
// Arguments: the object, the workload.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

/** @type {typeof import('@probekit/native')} */
const native = createRequire(import.meta.url)('@probekit/native');
const [object = '', workload = ''] = process.argv.slice(2);

const FUNCTION = 'hrtimer_nanosleep';
const USER_FUNCTION = 'called';
const COOKIE = 7n;

/**
 * @typedef {import('@probekit/native').AttachTarget} Target
 * @typedef {{ program: string, kernel?: string, feature?: import('@probekit/native').Feature, target: Target }} Way
 * `kernel`: what a BTF program attaches to; `feature`: the probe that tells whether it works
 * @typedef {{ code: string, op: string, subject?: string, detail?: string }} Refusal
 * @typedef {Record<string, number>} Counts by cookie; `return N` are a session's runs at the return
 * @typedef {{ counts: Counts, missed: number | null, recursion: number | null, count?: number }} Figures
 * @typedef {object} Outcome
 * @property {Refusal} [withCookie] why it can't have one
 * @property {Refusal} [refused] nor be without
 * @property {Figures[]} figures after each round; the last round comes after the detach
 */

/** @param {object} [more] @returns {Target} */
const kprobe = (more) => ({ kind: 'kprobe', name: FUNCTION, ...more });
/** @param {object} [more] @returns {Target} */
const kprobes = (more) => ({ kind: 'kprobe_multi', symbols: [FUNCTION], ...more });
/** @param {object} [more] @returns {Target} */
const uprobe = (more) => ({ kind: 'uprobe', path: workload, name: USER_FUNCTION, ...more });
/** @param {object} [more] @returns {Target} */
const uprobes = (more) => ({
  kind: 'uprobe_multi',
  path: workload,
  symbols: [USER_FUNCTION],
  ...more,
});
/** @type {Target} */
const section = { kind: 'section' };

/** @param {number} pid @returns {Record<string, Way>} */
const ways = (pid) => ({
  fentry: { program: 'on_fentry', kernel: FUNCTION, feature: 'fentry', target: section },
  fexit: { program: 'on_fexit', kernel: FUNCTION, feature: 'fentry', target: section },
  fsession: { program: 'on_fsession', kernel: FUNCTION, feature: 'fsession', target: section },
  kprobe: { program: 'on_kprobe', feature: 'kprobe', target: kprobe() },
  kretprobe: { program: 'on_kprobe', feature: 'kprobe', target: kprobe({ retprobe: true }) },
  'kprobe.multi': { program: 'on_kprobe_multi', feature: 'kprobe_multi', target: kprobes() },
  'kretprobe.multi': {
    program: 'on_kprobe_multi',
    feature: 'kprobe_multi',
    target: kprobes({ retprobe: true }),
  },
  'kprobe.session': {
    program: 'on_kprobe_session',
    feature: 'kprobe_session',
    target: kprobes({ session: true }),
  },
  tracepoint: {
    program: 'on_tracepoint',
    feature: 'tracepoint',
    target: { kind: 'tracepoint', category: 'raw_syscalls', name: 'sys_enter' },
  },
  raw_tracepoint: {
    program: 'on_raw_tracepoint',
    feature: 'raw_tracepoint',
    target: { kind: 'raw_tracepoint', name: 'sys_enter' },
  },
  tp_btf: { program: 'on_tp_btf', kernel: 'sys_enter', feature: 'tracing', target: section },
  uprobe: { program: 'on_uprobe', feature: 'uprobe', target: uprobe() },
  uretprobe: { program: 'on_uprobe', feature: 'uprobe', target: uprobe({ retprobe: true }) },
  'uprobe.multi': { program: 'on_uprobe_multi', feature: 'uprobe_multi', target: uprobes() },
  'uretprobe.multi': {
    program: 'on_uprobe_multi',
    feature: 'uprobe_multi',
    target: uprobes({ retprobe: true }),
  },
  'uprobe.session': { program: 'on_uprobe_session', target: uprobes({ session: true }) },
  perf_event: {
    program: 'on_perf_event',
    feature: 'perf_event',
    target: { kind: 'perf_event', frequency: 99, pid },
  },
  cycles: {
    program: 'on_perf_event',
    feature: 'cpu_cycles',
    target: { kind: 'perf_event', event: 'cpu-cycles', frequency: 999, pid },
  },
  'fentry nowhere': { program: 'on_fentry', kernel: 'no_such_function', target: section },
  'tp_btf nowhere': { program: 'on_tp_btf', kernel: 'no_such_function', target: section },
  'kprobe nowhere': { program: 'on_kprobe', target: kprobe({ name: 'no_such_function' }) },
  'kprobe.multi nowhere': {
    program: 'on_kprobe_multi',
    target: kprobes({ symbols: [FUNCTION, 'no_such_function'] }),
  },
  'tracepoint nowhere': {
    program: 'on_tracepoint',
    target: { kind: 'tracepoint', category: 'raw_syscalls', name: 'no_such_function' },
  },
  'raw_tracepoint nowhere': {
    program: 'on_raw_tracepoint',
    target: { kind: 'raw_tracepoint', name: 'no_such_function' },
  },
  'uprobe nowhere': { program: 'on_uprobe', target: uprobe({ name: 'no_such_function' }) },
  'uprobe.multi nowhere': {
    program: 'on_uprobe_multi',
    target: uprobes({ symbols: ['no_such_function'] }),
  },
});

const child = spawn(workload, { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const said = async () => (await lines.next()).value;
const [pid = 0, systemCall = 0] = (await said()).split(' ').map(Number);

/** @param {string} line of calls.c */
async function call(line) {
  child.stdin.write(`${line}\n`);
  await said();
}

/** The CPU time that the workload's main thread has used, in nanoseconds, once it waits for its next line. */
function cpuTime() {
  while (!/\) S /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')));
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]);
}

/** @param {Way} way @param {bigint} [cookie] */
async function attach({ program, kernel, target }, cookie) {
  const loaded = native.BpfObject.open(object);
  try {
    const rodata = loaded.initialValue('.rodata');
    rodata.writeBigUInt64LE(BigInt(systemCall), 0);
    rodata.writeUInt32LE(pid, 8);
    rodata.writeUInt8(cookie === undefined ? 0 : 1, 12);
    const settings = { autoload: true, ...(kernel === undefined ? {} : { target: kernel }) };
    loaded.configure({
      initialValues: { '.rodata': rodata },
      programs: { [program]: settings },
    });
    await loaded.load();
    const cookies =
      cookie === undefined
        ? {}
        : target.symbols
          ? { cookies: new BigUint64Array(target.symbols.length).fill(cookie) }
          : { cookie };
    const link = await loaded.attach(program, { ...target, ...cookies });
    return { object: loaded, link, program };
  } catch (error) {
    await loaded.close();
    return /** @type {Refusal} */ (JSON.parse(/** @type {Error} */ (error).message));
  }
}

/** @param {Exclude<Awaited<ReturnType<typeof attach>>, Refusal>} attached @returns {Promise<Figures>} */
async function figures({ object, link, program }) {
  const { keys, values, count } = await object.map('counts').snapshot();
  /** @type {Counts} */
  const counts = {};
  for (let i = 0; i < count; i++) {
    const [cookie, atReturn] = [keys.readUInt32LE(i * 8), keys.readUInt32LE(i * 8 + 4)];
    counts[atReturn ? `return ${cookie}` : cookie] = Number(values.readBigUInt64LE(i * 8));
  }
  const { missed, count: clock } = link.info();
  const recursion = object.programs().find(({ name }) => name === program)?.recursionMisses ?? null;
  return { counts, missed, recursion, ...(clock === undefined ? {} : { count: clock }) };
}

/** @type {Record<string, Outcome>} */
const outcomes = {};
/** @type {[Outcome, Exclude<Awaited<ReturnType<typeof attach>>, Refusal>][]} */
const open = [];
/** @type {Record<string, import('@probekit/native').Probe>} */
const probes = {};
for (const [name, way] of Object.entries(ways(pid))) {
  if (way.feature) probes[name] = native.probe(way.feature);
  /** @type {Outcome} */
  const outcome = { figures: [] };
  outcomes[name] = outcome;
  const first = await attach(way, COOKIE);
  if ('link' in first) {
    open.push([outcome, first]);
    continue;
  }
  outcome.withCookie = first;
  const second = await attach(way);
  if ('link' in second) open.push([outcome, second]);
  else outcome.refused = second;
}

/** @type {number[]} */
const cpuTimes = [];
/** @param {string} line */
async function round(line) {
  await call(line);
  cpuTimes.push(cpuTime());
  for (const [outcome, attached] of open) outcome.figures.push(await figures(attached));
}
for (const line of ['1 1000 1 0', '32 3 50000000 0', '1 1 1 300000000']) await round(line);
for (const [, { link }] of open) await link.close();
await round('1 1000 1 0');
for (const [, attached] of open) await attached.object.close();
child.stdin.end();
await once(child, 'exit');
process.stdout.write(`${JSON.stringify({ probes, outcomes, cpuTimes })}\n`);
process.stdin.resume();
