// @ts-check
// From exec to the first sample, and the peak memory of a run of 2 s: profile beside bpftrace, in turn, on a machine whose
// CPUs are busy, as they are when somebody profiles it, and on one that is left alone. The floor is what a Node program
// takes that only attaches the same object.
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compileWorkload } from '@probekit/core/testing';
import { line, median, start } from './measure.mjs';

// Where it is set, Node 20 parses all its certificates at each start: what that costs is the machine's, not the program's.
delete process.env.NODE_EXTRA_CA_CERTS;

/** Of the starts, which are short and scatter, and of the runs of 2 s. */
const [STARTS, RUNS] = [15, 3];
const HERTZ = 99;
const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

const OBJECT = file(`../packages/profile/dist/bpf/${process.arch}/profile.bpf.o`);
const SPINNER = compileWorkload(file('../packages/profile/test/workloads/shares.c'));
/**
 * The same stacks by the same key. What it counted is thrown away at the end of a short run: naming it takes seconds.
 * @param {number} seconds
 */
const peer = (seconds) => `
  profile:hz:${HERTZ} /@first == 0/ { @first = 1; printf("first sample\\n"); }
  profile:hz:${HERTZ} { @[kstack, ustack, comm, pid] = count(); }
  interval:ms:${seconds * 1000} { exit(); }
  ${seconds < 1 ? 'END { clear(@); }' : ''}`;

/**
 * `periods`: how many pass at most between the line that is waited for and the first sample. Ours comes when all is
 * attached, and an event fires for the first time one period after it was attached; bpftrace's is printed for the sample.
 * @type {Record<string, { command: (seconds: number) => string[], ready: RegExp, periods: number }>}
 */
const CONTENDERS = {
  'profile (bin)': {
    command: (seconds) => [
      file('../packages/profile/bin/profile.cjs'),
      ...['-F', `${HERTZ}`, `${seconds}`],
    ],
    ready: /Sampling/,
    periods: 1,
  },
  'profile (npx)': {
    command: (seconds) => ['npx', 'profile', '-F', `${HERTZ}`, `${seconds}`],
    ready: /Sampling/,
    periods: 1,
  },
  'the floor in Node': {
    command: () => [process.execPath, file('floor.cjs'), OBJECT, `${HERTZ}`],
    ready: /Sampling/,
    periods: 1,
  },
  bpftrace: {
    command: (seconds) => ['bpftrace', '-e', peer(seconds)],
    ready: /first sample/,
    periods: 0,
  },
};

/**
 * @param {(typeof CONTENDERS)[string]} contender
 * @param {number} seconds
 */
async function run({ command, ready, periods }, seconds) {
  const [name = '', ...args] = command(seconds);
  let readyS = Number.NaN;
  const { done } = start([name, ...args], {
    onOutput(text, elapsedS) {
      if (Number.isNaN(readyS) && ready.test(text)) readyS = elapsedS;
    },
  });
  const { peakMiB, code, stderr } = await done;
  if (code !== 0 || Number.isNaN(readyS)) throw new Error(`${name}: ${stderr}`);
  return { readyS: readyS + periods / HERTZ, peakMiB };
}

/**
 * Runs all in turn and prints what they took, and the ratio of profile's to bpftrace's.
 * @param {string} title
 * @param {{ rounds: number, seconds: number, what: 'readyS' | 'peakMiB', unit: string, wanted: number }} race
 */
async function race(title, { rounds, seconds, what, unit, wanted }) {
  /** @type {Record<string, number[]>} */
  const figures = Object.fromEntries(Object.keys(CONTENDERS).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of Object.entries(CONTENDERS)) {
      figures[name]?.push((await run(contender, seconds))[what]);
      // What the kernel has to free of one is no start-up of the next.
      await sleep(100);
    }
  }
  console.log(`${title}, ${rounds} rounds in turn`);
  for (const [name, values] of Object.entries(figures)) console.log(line(name, values, unit));
  const ratio = median(figures['profile (bin)'] ?? []) / median(figures.bpftrace ?? []);
  console.log(`  ratio ${ratio.toFixed(2)} (wanted: at most ${wanted.toFixed(2)})`);
}

const starts = {
  rounds: STARTS,
  seconds: 0.1,
  what: /** @type {const} */ ('readyS'),
  unit: 's',
  wanted: 0.33,
};
await race('exec to first sample, machine left alone', starts);
const work = start([SPINNER, `${availableParallelism()}`]);
try {
  await race('exec to first sample, every CPU busy', starts);
  await race('peak memory of the process in a run of 2 s, every CPU busy', {
    rounds: RUNS,
    seconds: 2,
    what: 'peakMiB',
    unit: 'MiB',
    wanted: 0.5,
  });
} finally {
  work.child.kill('SIGKILL');
  await work.done;
}
