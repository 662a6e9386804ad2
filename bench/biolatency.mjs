// @ts-check
// What tracing block I/O costs. First, on this machine and in every guest: the kernel's own mean ns of our programs beside
// those of libbpf-tools' biolatency while both see the same requests of one loop device in memory. Whose programs were
// attached first also run first, and take the request's cache misses for both: so each is once first and once second, and
// only like is held against like. Then fio's rate on this machine without a tool, with ours, with theirs, with bpftrace's.
//   npm run bench -- biolatency [--kernel host|5.10|...]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileWorkload, host, KERNELS } from '@probekit/core/testing';
import { inGuest } from './guests.mjs';
import { line, median } from './measure.mjs';
import { libbpfTool } from './peers.mjs';

/** @typedef {import('@probekit/core/testing').Machine} Machine */

/** Rounds that each attachment sees, and requests of each; short ones in guests, whose CPUs others take away. */
const [ROUNDS, REQUESTS] = [5, 50_000];
const [GUEST_ROUNDS, GUEST_REQUESTS] = [15, 1000];
const OPTIONS = [[], ['-D', '-F'], ['-Q']];
const WANTED = 0.7;
const [FIO_ROUNDS, SECONDS] = [15, 1];

/** What biolatency.bt does, for kernels without kprobes. */
const SCRIPT = `BEGIN { printf("ready\\n"); }
  tracepoint:block:block_rq_issue { @start[args->dev, args->sector] = nsecs; }
  tracepoint:block:block_rq_complete /@start[args->dev, args->sector]/ {
    @usecs = hist((nsecs - @start[args->dev, args->sector]) / 1000); delete(@start[args->dev, args->sector]); }
  END { clear(@start); }`;

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const bin = [process.execPath, file('../packages/biolatency/bin/biolatency.cjs')];
const workload = compileWorkload(file('../packages/biolatency/test/workloads/io.c'));
const peer = await libbpfTool('biolatency');

const { values } = parseArgs({
  options: { kernel: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const machines = values.kernel ?? ['host', ...KERNELS.map(({ name }) => name)];

/** @param {Machine} machine @param {string} script @param {string[]} args */
async function sh(machine, script, ...args) {
  const { code, stdout, stderr } = await machine.run(['sh', '-ec', script, 'sh', ...args]);
  if (code !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout.trim();
}

/**
 * A loop device in memory, without a scheduler.
 * @template T
 * @param {Machine} machine @param {(device: string) => Promise<T>} body
 */
async function withDevice(machine, body) {
  const image = `/dev/shm/bench-${process.pid}`;
  const device = await sh(
    machine,
    `{ modprobe loop 2>/dev/null || true; } && fallocate -l 128M "$1"
    device=$(losetup -f --show "$1"); echo none > "/sys/block/$(basename "$device")/queue/scheduler"; echo "$device"`,
    image,
  );
  try {
    return await body(device);
  } finally {
    await sh(machine, 'losetup -d "$1"; rm "$2"', device, image);
  }
}

/** @param {Machine} machine @param {readonly string[]} command @param {RegExp} ready */
async function traced(machine, command, ready = /Hit Ctrl-C/) {
  const tool = machine.start(command);
  await tool.waitFor(ready);
  return async () => {
    tool.signal('SIGINT');
    return (await tool.done).stdout;
  };
}

/** @param {Machine} machine @returns {Promise<{ id: number, name: string, bytes_xlated: number, run_cnt?: number, run_time_ns?: number }[]>} */
const programs = async (machine) => JSON.parse(await sh(machine, 'bpftool -j prog list'));

/**
 * The mean ns of an issue and a completion together, ours and theirs, of each round.
 * @param {Machine} machine @param {string} device @param {string[]} options @param {boolean} oursFirst
 */
async function cost(machine, device, options, oursFirst) {
  const [times, requests] = machine === host ? [ROUNDS, REQUESTS] : [GUEST_ROUNDS, GUEST_REQUESTS];
  const strangers = new Set((await programs(machine)).map(({ id }) => id));
  const mine = () => traced(machine, [...bin, ...options, '--overhead']);
  const theirs = () => traced(machine, [...peer.command, ...options]);
  const stops = oursFirst ? [await mine(), await theirs()] : [await theirs(), await mine()];
  const read = async () => (await programs(machine)).filter(({ id }) => !strangers.has(id));
  /** @type {{ ours: number, theirs: number }[]} */
  const rounds = [];
  let before = await read();
  for (let round = 0; round <= times; round++) {
    const load = [workload, device, 'read', '4096', `${requests}`, '1', 'direct'];
    const { code, stderr } = await machine.run(load, { input: '\n' });
    if (code !== 0) throw new Error(stderr);
    const after = await read();
    const sums = { ours: 0, theirs: 0 };
    for (const { id, name, run_cnt = 0, run_time_ns = 0 } of after) {
      const then = before.find((program) => program.id === id);
      const runs = run_cnt - (then?.run_cnt ?? 0);
      // What is no part of each request's way.
      if (runs < requests / 2) continue;
      sums[name.startsWith('btf_') ? 'ours' : 'theirs'] +=
        (run_time_ns - (then?.run_time_ns ?? 0)) / runs;
    }
    if (!sums.ours || !sums.theirs) throw new Error('the programs of one did not run');
    // The first round warms caches up.
    if (round > 0) rounds.push(sums);
    before = after;
  }
  for (const stop of stops) await stop();
  return rounds;
}

/** @param {Machine} machine @returns the worst ratios: of medians, and of the best rounds */
async function costs(machine) {
  console.log(`kernel ${machine.kernel}: an I/O's cost in our programs and in theirs`);
  const worst = { median: 0, best: 0 };
  await withDevice(machine, async (device) => {
    for (const options of OPTIONS) {
      const oursFirst = await cost(machine, device, options, true);
      const theirsFirst = await cost(machine, device, options, false);
      const ns = {
        ours: {
          first: oursFirst.map((one) => one.ours),
          second: theirsFirst.map((one) => one.ours),
        },
        theirs: {
          first: theirsFirst.map((one) => one.theirs),
          second: oursFirst.map((one) => one.theirs),
        },
      };
      const name = options.join(' ') || 'no options';
      for (const place of /** @type {const} */ (['first', 'second'])) {
        console.log(line(`biolatency ${place}, ${name}`, ns.ours[place], 'ns'));
        console.log(line(`libbpf-tools ${place}, ${name}`, ns.theirs[place], 'ns'));
      }
      const ratio = likeWithLike(ns, median);
      const best = likeWithLike(ns, (all) => Math.min(...all));
      worst.median = Math.max(worst.median, ratio.both);
      worst.best = Math.max(worst.best, best.both);
      for (const [what, { both, first, second }] of Object.entries({
        ratio,
        'best rounds': best,
      })) {
        console.log(
          `  ${what.padEnd(34)} ${both.toFixed(2).padStart(9)} (first ${first.toFixed(2)}, second ${second.toFixed(2)})`,
        );
      }
    }
  });
  return worst;
}

/** @typedef {{ first: number[], second: number[] }} Places */

/**
 * Ours to theirs where each runs first (which is what a tool costs alone), where each runs second, and in sum.
 * @param {{ ours: Places, theirs: Places }} ns @param {(rounds: readonly number[]) => number} of
 */
function likeWithLike({ ours, theirs }, of) {
  const sum = (/** @type {Places} */ { first, second }) => of(first) + of(second);
  return {
    both: sum(ours) / sum(theirs),
    first: of(ours.first) / of(theirs.first),
    second: of(ours.second) / of(theirs.second),
  };
}

/** Requests a second that one reader of 4 KiB gets. @param {string} device */
async function fio(device) {
  const { code, stdout, stderr } = await host.run([
    ...['fio', '--name=bench', `--filename=${device}`, '--direct=1', '--rw=randread', '--bs=4k'],
    ...['--iodepth=1', '--ioengine=libaio', `--runtime=${SECONDS}`, '--time_based'],
    '--output-format=json',
  ]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout).jobs[0].read.iops;
}

/** The machine is shared: each rate is held against that of the same round without a tool. */
async function rates() {
  /** @type {Record<string, () => Promise<() => Promise<string>>>} */
  const tools = {
    none: async () => async () => '',
    biolatency: () => traced(host, bin),
    'libbpf-tools': () => traced(host, peer.command),
    'bpftrace, biolatency.bt': () => traced(host, ['bpftrace', '/usr/sbin/biolatency.bt']),
    'bpftrace, tracepoints': () => traced(host, ['bpftrace', '-e', SCRIPT], /ready/),
  };
  /** @type {Record<string, number[]>} */
  const found = {};
  /** bpftrace runs on when it could attach to nothing. @type {Set<string>} */
  const blind = new Set();
  await withDevice(host, async (device) => {
    for (let round = 0; round < FIO_ROUNDS; round++) {
      for (const [name, start] of Object.entries(tools)) {
        if (blind.has(name)) continue;
        const stop = await start();
        const rate = await fio(device);
        const printed = await stop();
        if (name !== 'none' && !/\|[*@]/.test(printed)) blind.add(name);
        else found[name] = [...(found[name] ?? []), rate];
      }
    }
  });
  console.log(
    `fio: reads of 4 KiB a second, ${FIO_ROUNDS} rounds in turn, and the share of none's`,
  );
  for (const name of Object.keys(tools)) {
    const all = found[name];
    if (!all) {
      console.log(`  ${name.padEnd(34)} sees no I/O: its hooks are not on this kernel`);
      continue;
    }
    const none = found.none ?? all;
    const shares = all.map((rate, i) => rate / (none[i] ?? rate));
    const best = Math.max(...all) / Math.max(...none);
    console.log(`${line(name, all, '1/s')} ${median(shares).toFixed(2)}, best ${best.toFixed(2)}`);
  }
}

console.log(`biolatency beside that of libbpf-tools ${peer.version}, in each order of attachment`);
/** @type {Record<string, Awaited<ReturnType<typeof costs>>>} */
const worst = {};
for (const name of machines) {
  const known = KERNELS.find((kernel) => kernel.name === name);
  if (!known && name !== 'host') throw new Error(`no kernel ${name}`);
  worst[name] = known ? await inGuest(known.name, peer.files, costs) : await costs(host);
}
console.log(`worst ratio by kernel, and of the best rounds (wanted: at most ${WANTED})`);
for (const [name, { median: middle, best }] of Object.entries(worst)) {
  console.log(`  ${name.padEnd(8)} ${middle.toFixed(2)} ${best.toFixed(2)}`);
}
if (machines.includes('host')) await rates();
