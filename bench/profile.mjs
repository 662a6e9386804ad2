// @ts-check
// What a sample costs beside bpftrace's, by the kernel's own count while both are attached; and a flame graph of a busy
// machine from start to finish, beside perf record, perf script, inferno's collapse and its flamegraph: how long each
// takes once sampling has ended, with the load paused and with it going on, and the most memory that one of its processes has.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileWorkload, host } from '../packages/core/dist/testing/index.js';
import { line, median, start } from './measure.mjs';

const ROUNDS = 5;
const WHOLE_ROUNDS = 3;
const SECONDS = 30;
/** Of the symbolizing, after 30 s of a busy machine. */
const WANTED = { seconds: 1, mebibytes: 120 };
const VERSION = '0.12.8';

const at = (/** @type {string} */ file) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const bin = [process.execPath, at('packages/profile/bin/profile.cjs')];
const workload = (/** @type {string} */ name) =>
  compileWorkload(at(`packages/profile/test/workloads/${name}.c`));
const inferno = (/** @type {string} */ name) => at(`target/inferno/bin/inferno-${name}`);

/** Programs that keep the machine busy, in C, shell and JavaScript, some of them short-lived. */
const BUSY = [
  [workload('shares'), '2'],
  [workload('read-zeros')],
  ['sh', '-c', 'echo busy; while :; do ls -l /usr/bin > /dev/null; done'],
  ['sh', '-c', 'echo busy; while :; do tar -cf - /usr/include 2>&- | gzip -1 > /dev/null; done'],
  [process.execPath, '-e', 'console.log("busy"); for (;;) JSON.parse(JSON.stringify(process.env))'],
];

/** Keeps the machine busy while `body` runs, which may pause it. @param {(signal: (name: NodeJS.Signals) => void) => Promise<void>} body */
async function whileBusy(body) {
  const programs = BUSY.map(([file = '', ...args]) =>
    // Groups, since some of them start others.
    spawn(file, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  const signal = (/** @type {NodeJS.Signals} */ name) => {
    for (const { pid } of programs) if (pid) process.kill(-pid, name);
  };
  try {
    await Promise.all(programs.map(({ stdout }) => once(stdout, 'data')));
    for (const { stdout } of programs) stdout.resume();
    await body(signal);
  } finally {
    signal('SIGKILL');
  }
}

/** The mean ns of a run, ours and theirs, of each round. */
async function cost() {
  const programs = () => JSON.parse(execFileSync('bpftool', ['-j', 'prog', 'list']).toString());
  /** @type {Set<number>} */
  const strangers = new Set(programs().map((/** @type {{ id: number }} */ { id }) => id));
  const ours = host.start([...bin, '-F', '499', '--overhead', '-o', '/dev/null']);
  await ours.waitFor(/Hit Ctrl-C/);
  const script = 'BEGIN { printf("ready\\n"); } profile:hz:499 { @[kstack, ustack] = count(); }';
  const theirs = host.start(['bpftrace', '-e', script]);
  await theirs.waitFor(/ready/);
  const read = () =>
    programs().filter(
      (/** @type {{ id: number, type: string }} */ { id, type }) =>
        !strangers.has(id) && type === 'perf_event',
    );
  /** @type {{ ours: number[], theirs: number[] }} */
  const found = { ours: [], theirs: [] };
  let before = read();
  for (let round = 0; round <= ROUNDS; round++) {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const after = read();
    for (const { id, name, run_cnt = 0, run_time_ns = 0 } of after) {
      const then = before.find((/** @type {{ id: number }} */ one) => one.id === id);
      const runs = run_cnt - (then?.run_cnt ?? 0);
      // The first round warms caches up.
      if (round === 0 || runs === 0) continue;
      found[name === 'sample' ? 'ours' : 'theirs'].push(
        (run_time_ns - (then?.run_time_ns ?? 0)) / runs,
      );
    }
    before = after;
  }
  // It symbolizes for a while: that is no part of this.
  theirs.signal('SIGKILL');
  ours.signal('SIGINT');
  await Promise.all([ours.done, theirs.done]);
  return found;
}

/** Runs commands one after another; how long they take, and the most memory of one. @param {readonly string[][]} commands */
async function stages(commands) {
  let [seconds, peakMiB] = [0, 0];
  for (const command of commands) {
    const { wallS, peakMiB: peak, code, stderr } = await start(command).done;
    if (code !== 0) throw new Error(stderr);
    seconds += wallS;
    peakMiB = Math.max(peakMiB, peak);
  }
  return { seconds, peakMiB };
}

/** @param {string} directory @param {(name: NodeJS.Signals) => void} signal */
async function ours(directory, signal) {
  const svg = path.join(directory, 'ours.svg');
  let ready = 0;
  const command = [...bin, '-F', '99', '-o', svg, String(SECONDS)];
  const { wallS, peakMiB, code, stderr } = await start(command, {
    onOutput(text, elapsedS) {
      if (!text.startsWith('Sampling')) return;
      ready = elapsedS;
      setTimeout(signal, SECONDS * 1000, 'SIGSTOP');
    },
  }).done;
  if (code !== 0) throw new Error(stderr);
  return { seconds: wallS - ready - SECONDS, peakMiB };
}

/** @param {string} directory @param {(name: NodeJS.Signals) => void} signal */
async function theirs(directory, signal) {
  const file = (/** @type {string} */ name) => path.join(directory, name);
  const to = 'shift; exec "$0" "$@" > "$OUT"';
  const redirected = (/** @type {string} */ name, /** @type {string[]} */ ...command) => [
    ...['env', `OUT=${file(name)}`, 'sh', '-c', to, ...command.slice(0, 1), '-'],
    ...command.slice(1),
  ];
  const record = ['perf', 'record', '-F', '99', '-a', '-g', '-e', 'cpu-clock'];
  const recorded = await start([
    ...[...record, '-o', file('perf.data'), '--', 'sleep', String(SECONDS)],
  ]).done;
  if (recorded.code !== 0) throw new Error(recorded.stderr);
  signal('SIGSTOP');
  const after = await stages([
    redirected('script', 'perf', 'script', '-i', file('perf.data')),
    redirected('folded', inferno('collapse-perf'), file('script')),
    redirected('svg', inferno('flamegraph'), file('folded')),
  ]);
  return { ...after, peakMiB: Math.max(after.peakMiB, recorded.peakMiB) };
}

const hasPerf = spawnSync('perf', ['--version']).status === 0;
if (hasPerf && !existsSync(inferno('flamegraph'))) {
  const install = ['install', 'inferno', '--version', VERSION, '--locked', '--root'];
  execFileSync('cargo', [...install, at('target/inferno')], { stdio: ['ignore', 'ignore', 2] });
}

await whileBusy(async (signal) => {
  const each = await cost();
  console.log(`a sample of a busy machine, ${ROUNDS} rounds of 3 s, both attached`);
  console.log(line('profile', each.ours, 'ns'));
  console.log(line('bpftrace, profile:hz:499', each.theirs, 'ns'));
  console.log(`  ratio ${(median(each.ours) / median(each.theirs)).toFixed(2)}`);

  const directory = mkdtempSync(path.join(tmpdir(), 'profile-bench-'));
  /** @type {Record<string, typeof ours>} */
  const paused = { 'profile -o x.svg': ours, ...(hasPerf ? { 'perf and inferno': theirs } : {}) };
  const ways = { ...paused };
  for (const [name, run] of Object.entries(paused)) {
    ways[`${name}, the load goes on`] = (directory) => run(directory, () => {});
  }
  /** @type {Record<string, { seconds: number, peakMiB: number }[]>} */
  const found = {};
  try {
    for (let round = 0; round < WHOLE_ROUNDS; round++) {
      for (const [name, run] of Object.entries(ways)) {
        found[name] = [...(found[name] ?? []), await run(directory, signal)];
        signal('SIGCONT');
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  console.log(
    `after ${SECONDS} s of a busy machine at 99 Hz, ${WHOLE_ROUNDS} rounds in turn (wanted of ours: at most ${WANTED.seconds} s, ${WANTED.mebibytes} MiB)`,
  );
  for (const [name, runs] of Object.entries(found)) {
    console.log(
      line(
        name,
        runs.map(({ seconds }) => seconds),
        's',
      ),
    );
    console.log(
      line(
        `${name}, memory`,
        runs.map(({ peakMiB }) => peakMiB),
        'MiB',
      ),
    );
  }
  if (!hasPerf) console.log('  perf is not installed (linux-perf): nothing to compare with');
});
