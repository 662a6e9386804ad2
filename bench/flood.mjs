// @ts-check
// A million system calls, each traced and printed as one line into a pipe: examples/syscalls beside bpftrace, in turn,
// with the same fields. Rate: lines delivered per second from the first call until the tool has ended.
import { fileURLToPath } from 'node:url';
import { compileWorkload } from '@probekit/core/testing';
import { line, median, start } from './measure.mjs';

const ROUNDS = 5;
const CALLS = 1_000_000;
const example = new URL('../examples/syscalls/', import.meta.url);
const bin = fileURLToPath(new URL('bin/syscalls.cjs', example));
const workload = compileWorkload(fileURLToPath(new URL('test/workloads/flood.c', example)));

/**
 * @param {(pid: number, number: string) => readonly string[]} tool
 * @param {RegExp} ready
 */
async function flood(tool, ready) {
  let heard = '';
  const made = start([workload], {
    onOutput(text) {
      heard += text;
    },
  });
  const until = async (/** @type {() => boolean} */ condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  await until(() => /number \d+\n/.test(heard));
  const number = /number (\d+)/.exec(heard)?.[1] ?? '';

  // A real pipe into wc, whose count comes last on standard error; the process itself becomes the tool.
  let said = '';
  const command = tool(made.child.pid ?? 0, number);
  const traced = start(['bash', '-c', 'exec "$@" > >(wc -l >&2)', 'bash', ...command], {
    onOutput(text) {
      said += text;
    },
  });
  await until(() => ready.test(said));
  const begin = performance.now();
  made.child.stdin.write(`${CALLS}\n`);
  await until(() => /made/.test(heard));
  const callUs = ((performance.now() - begin) / 1000 / CALLS) * 1e6;
  traced.child.kill('SIGINT');
  const { stderr, peakMiB } = await traced.done;
  const totalS = (performance.now() - begin) / 1000;
  made.child.kill('SIGKILL');
  await made.done;
  const lines = Number(/^\s*(\d+)\s*$/m.exec(stderr)?.[1]);
  if (Number.isNaN(lines)) throw new Error(stderr);
  // Meta and summary are two of ours.
  if (/syscalls/.test(command.join(' ')) && lines !== CALLS + 2) {
    throw new Error(`lost: ${lines} lines of ${CALLS + 2}`);
  }
  return { lines, rate: lines / totalS, callUs, peakMiB };
}

const ours = (/** @type {number} */ pid, /** @type {string} */ number) => [
  process.execPath,
  bin,
  '--json',
  '-p',
  String(pid),
  '-n',
  number,
];
// Its readiness: BEGIN's line; what it attaches after that it has while the workload is still told to start.
const PEER = (/** @type {number} */ pid, /** @type {string} */ number) => [
  'bpftrace',
  '--unsafe',
  '-e',
  `tracepoint:raw_syscalls:sys_enter /pid == ${pid} && args->id == ${number}/ {
    printf("{\\"type\\":\\"event\\",\\"time\\":%llu,\\"pid\\":%d,\\"tid\\":%d,\\"comm\\":\\"%s\\",\\"number\\":%d}\\n",
      nsecs, pid, tid, comm, args->id);
  } interval:ms:200 /@ready == 0/ { @ready = 1; system("echo ready >&2"); }`,
];

/** @type {Record<'ours' | 'theirs', Awaited<ReturnType<typeof flood>>[]>} */
const results = { ours: [], theirs: [] };
for (let round = 0; round < ROUNDS; round++) {
  results.ours.push(await flood(ours, /Hit Ctrl-C to end/));
  results.theirs.push(await flood(PEER, /ready/));
}

/** @param {'ours' | 'theirs'} who @param {'lines' | 'rate' | 'callUs' | 'peakMiB'} what */
const pick = (who, what) => results[who].map((result) => result[what]);
console.log('bpftrace with its default buffers; its end includes what it prints after ^C');
console.log(`a flood of ${CALLS} system calls, one printed line each, ${ROUNDS} rounds in turn`);
for (const [who, name] of /** @type {const} */ ([
  ['ours', 'syscalls --json'],
  ['theirs', 'bpftrace'],
])) {
  console.log(line(`${name}: delivered`, pick(who, 'lines'), 'lines'));
  console.log(line(`${name}: rate`, pick(who, 'rate'), 'lines/s'));
  console.log(line(`${name}: a call`, pick(who, 'callUs'), 'us'));
  console.log(line(`${name}: peak memory`, pick(who, 'peakMiB'), 'MiB'));
}
console.log(
  `  ratio of rates ${(median(pick('ours', 'rate')) / median(pick('theirs', 'rate'))).toFixed(1)} (wanted: at least 5)`,
);
