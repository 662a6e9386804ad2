// @ts-check
// What tracing block I/O costs: mean ns of our programs beside those of libbpf-tools' biolatency while both see the same
// requests of one loop device in memory, in either order of attachment, since the first to run pays for cold caches; and
// fio's rate without a tool, with ours, with theirs, with bpftrace's.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { line, median, start } from './measure.mjs';

const ROUNDS = 5;
const SECONDS = 3;
const bin = fileURLToPath(new URL('../packages/biolatency/bin/biolatency.js', import.meta.url));
const PATHS = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const run = (/** @type {string} */ file, /** @type {string[]} */ ...args) =>
  execFileSync(file, args, { encoding: 'utf8', env: PATHS });

const SCRIPT = `tracepoint:block:block_rq_issue { @start[args->dev, args->sector] = nsecs; }
  tracepoint:block:block_rq_complete /@start[args->dev, args->sector]/ {
    @usecs = hist((nsecs - @start[args->dev, args->sector]) / 1000); delete(@start[args->dev, args->sector]); }`;

const image = `/dev/shm/bench-${process.pid}`;
writeFileSync(image, Buffer.alloc(128 << 20));
const device = run('losetup', '-f', '--show', image).trim();

/** @param {readonly string[]} command @param {RegExp} ready */
async function traced(command, ready) {
  let said = '';
  const tool = start(command, {
    onOutput(text) {
      said += text;
    },
  });
  while (!ready.test(said)) {
    if (tool.child.exitCode !== null) throw new Error(`${command[0]}: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return async () => {
    tool.child.kill('SIGINT');
    return (await tool.done).stdout;
  };
}

const ours = (/** @type {string[]} */ ...options) =>
  traced([process.execPath, bin, ...options], /Hit Ctrl-C/);
const theirs = (/** @type {string[]} */ ...options) =>
  traced(['stdbuf', '-oL', '/usr/sbin/biolatency', ...options], /Hit Ctrl-C/);
const bpftrace = () =>
  traced(['bpftrace', '-e', `BEGIN { printf("ready\\n"); } ${SCRIPT}`], /ready/);

/** I/Os a second of 4 KiB random reads, one at a time. */
async function fio() {
  const { done } = start([
    ...['fio', '--name=bench', `--filename=${device}`, '--direct=1', '--rw=randread', '--bs=4k'],
    ...['--iodepth=1', '--ioengine=libaio', `--runtime=${SECONDS}`, '--time_based'],
    '--output-format=json',
  ]);
  const { stdout, stderr, code } = await done;
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout).jobs[0].read.iops;
}

/** @typedef {{ id: number, name: string, run_cnt?: number, run_time_ns?: number }} Program */
/** @returns {Program[]} */
const programs = () => JSON.parse(run('bpftool', '-j', 'prog', 'list'));

/** The sum of the means of issue and complete, ours and theirs. @param {string[]} options @param {boolean} first */
async function cost(options, first) {
  const before = new Set(programs().map(({ id }) => id));
  const mine = () => ours(...options, '--overhead');
  const stops = first
    ? [await mine(), await theirs(...options)]
    : [await theirs(...options), await mine()];
  await fio();
  const sums = { ours: 0, theirs: 0 };
  for (const { id, name, run_cnt = 0, run_time_ns = 0 } of programs()) {
    if (before.has(id) || run_cnt < 1000) continue;
    sums[name.startsWith('btf_') ? 'ours' : 'theirs'] += run_time_ns / run_cnt;
  }
  for (const stop of stops) await stop();
  return sums;
}

try {
  console.log(`an I/O's cost in our programs and in theirs, ${ROUNDS} rounds in each order`);
  for (const options of [[], ['-D', '-F'], ['-Q']]) {
    /** @type {number[]} */
    const mine = [];
    /** @type {number[]} */
    const peers = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const first of [true, false]) {
        const { ours: our, theirs: their } = await cost(options, first);
        mine.push(our);
        peers.push(their);
      }
    }
    const mean = (/** @type {number[]} */ all) => all.reduce((a, b) => a + b) / all.length;
    const name = options.join(' ') || 'no options';
    console.log(line(`biolatency, ${name}`, mine, 'ns'));
    console.log(line(`libbpf-tools, ${name}`, peers, 'ns'));
    console.log(`  ratio ${(mean(mine) / mean(peers)).toFixed(2)} (wanted: at most 0.70)`);
  }
  /** @type {Record<string, (() => Promise<() => Promise<string>>) | undefined>} */
  const tools = { none: undefined, biolatency: ours, 'libbpf-tools': theirs, bpftrace };
  /** @type {Record<string, number[]>} */
  const rates = { none: [], biolatency: [], 'libbpf-tools': [], bpftrace: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, tool] of Object.entries(tools)) {
      const stop = await tool?.();
      rates[name]?.push(await fio());
      await stop?.();
    }
  }
  console.log(`fio: 4 KiB reads a second, ${ROUNDS} rounds in turn`);
  for (const [name, all] of Object.entries(rates)) {
    const share = median(all) / median(rates.none ?? []);
    console.log(`${line(name, all, '1/s')} ${share.toFixed(2)}`);
  }
} finally {
  run('losetup', '-d', device);
  rmSync(image);
}
