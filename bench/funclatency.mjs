// @ts-check
// What tracing a function costs each of its calls, by the caller's own CPU clock: a user function that does nothing, malloc(3)
// and free(3), a system call and a kernel function that do next to nothing; without a tool, with ours by each hook, with
// libbpf-tools' funclatency and with bpftrace, in turn. Then how long hundreds of functions take to attach and to detach.
//   npm run bench -- funclatency [--kernel host|5.10|...] [--only kernel]
// `--only`: what has that in its title.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileWorkload, host, KERNELS } from '@probekit/core/testing';
import { inGuest } from './guests.mjs';
import { line, median } from './measure.mjs';
import { libbpfTool } from './peers.mjs';

/** @typedef {import('@probekit/core/testing').Machine} Machine */
/** @typedef {{ command: readonly string[], ready?: RegExp }} Tool */

/** nr_namespace() of getppid(2), which also others call. */
const KERNEL_FUNCTION = '__task_pid_nr_ns';
const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));
const bin = [process.execPath, path('../packages/funclatency/bin/funclatency.cjs')];
const source = path('../packages/funclatency/test/workloads/functions.c');
const program = compileWorkload(source);
/** As Ubuntu and Fedora build: its functions begin with endbr64. */
const protectedProgram = compileWorkload(source, ['-fcf-protection=branch']);
const peer = await libbpfTool('funclatency');

/** @param {readonly string[]} options @returns {Tool} */
const ours = (...options) => ({ command: [...bin, ...options] });
/** @param {readonly string[]} options @returns {Tool} */
const theirs = (...options) => ({ command: [...peer.command, ...options] });
/** @param {string} entry @param {string} exit @returns {Tool} */
const bpftrace = (entry, exit) => ({
  command: [
    'bpftrace',
    '-e',
    `BEGIN { printf("ready\\n"); } ${entry} { @start[tid] = nsecs; }
     ${exit} /@start[tid]/ { @ns = hist(nsecs - @start[tid]); delete(@start[tid]); }`,
  ],
  ready: /ready/,
});

const user = `${program}:empty`;
const landing = `${protectedProgram}:empty`;
const allocation = `${libraryOf(program, 'libc.so')}:malloc`;
/** @typedef {{ mode: string, file?: string, tools: Record<string, Tool> }} Comparison */
/** @type {Record<string, Comparison>} */
const COMPARED = {
  'a user function': {
    mode: 'empty',
    tools: {
      uprobe_session: ours('--plan', 'uprobe_session', user),
      'uprobe_session, -F': ours('--plan', 'uprobe_session', '-F', user),
      'uprobe_session, --sample 1000': ours('--plan', 'uprobe_session', '--sample', '1000', user),
      uprobe_multi: ours('--plan', 'uprobe_multi', user),
      uprobe: ours('--plan', 'uprobe', user),
      'libbpf-tools': theirs(user),
      bpftrace: bpftrace(`uprobe:${user}`, `uretprobe:${user}`),
    },
  },
  'a user function built with -fcf-protection': {
    mode: 'empty',
    file: protectedProgram,
    tools: {
      uprobe_session: ours('--plan', 'uprobe_session', landing),
      uprobe_multi: ours('--plan', 'uprobe_multi', landing),
      uprobe: ours('--plan', 'uprobe', landing),
      'libbpf-tools': theirs(landing),
      bpftrace: bpftrace(`uprobe:${landing}`, `uretprobe:${landing}`),
    },
  },
  'malloc(3)': {
    mode: 'malloc',
    tools: {
      uprobe_session: ours('--plan', 'uprobe_session', allocation),
      uprobe_multi: ours('--plan', 'uprobe_multi', allocation),
      uprobe: ours('--plan', 'uprobe', allocation),
      'libbpf-tools': theirs(allocation),
      bpftrace: bpftrace(`uprobe:${allocation}`, `uretprobe:${allocation}`),
    },
  },
  'a system call': {
    mode: 'getppid',
    tools: {
      tp_btf: ours('sys_getppid'),
      bpftrace: bpftrace(
        'tracepoint:syscalls:sys_enter_getppid',
        'tracepoint:syscalls:sys_exit_getppid',
      ),
    },
  },
  'a kernel function, by trampolines': {
    mode: 'getppid',
    tools: {
      fentry: ours('--plan', 'fentry', KERNEL_FUNCTION),
      'libbpf-tools': theirs(KERNEL_FUNCTION),
      bpftrace: bpftrace(`kfunc:${KERNEL_FUNCTION}`, `kretfunc:${KERNEL_FUNCTION}`),
    },
  },
  'a kernel function, by kprobes': {
    mode: 'getppid',
    tools: {
      kprobe_session: ours('--plan', 'kprobe_session', KERNEL_FUNCTION),
      kprobe_multi: ours('--plan', 'kprobe_multi', KERNEL_FUNCTION),
      kprobe: ours('--plan', 'kprobe', KERNEL_FUNCTION),
      'libbpf-tools': theirs('-k', KERNEL_FUNCTION),
      bpftrace: bpftrace(`kprobe:${KERNEL_FUNCTION}`, `kretprobe:${KERNEL_FUNCTION}`),
    },
  },
};
const PEERS = ['libbpf-tools', 'bpftrace'];
const { values } = parseArgs({
  options: { kernel: { type: 'string', multiple: true }, only: { type: 'string', default: '' } },
  allowPositionals: true,
});
const isAsked = (/** @type {string} */ title) => title.includes(values.only);
/** Hundreds of functions, of the kernel and of a library. */
const MANY = { kernel: ['-r', '(tcp|ip|udp|inet)_'], user: [`${process.execPath}:uv_*`] };

/**
 * Nanoseconds a call, by the workload's own CPU clock; in a guest the best of five, since what else this machine does adds
 * to some and never takes away.
 * @param {Machine} machine @param {Comparison} compared
 */
async function perCall(machine, compared) {
  if (machine === host) return measured(machine, compared);
  const all = [];
  for (let i = 0; i < 5; i++) all.push(await measured(machine, compared));
  return Math.min(...all);
}

/** @param {Machine} machine @param {Comparison} compared */
async function measured(machine, { mode, file = program }) {
  // What is single-stepped takes ten times as long.
  const calls = machine === host ? (file === program ? 200_000 : 20_000) : 5000;
  const command = [file, mode, String(calls)];
  const { stdout, stderr, code } = await machine.run(command, { input: '\n' });
  if (code !== 0) throw new Error(stderr);
  const [, count, ns] = /^\w+ (\d+) (\d+) /m.exec(stdout) ?? [];
  return Number(ns) / Number(count);
}

/** @param {Machine} machine @param {Tool} tool */
async function started(machine, { command, ready = /Hit Ctrl-C/ }) {
  const tool = machine.start(command);
  await tool.waitFor(ready);
  return async () => {
    tool.signal('SIGINT');
    return tool.done;
  };
}

/**
 * What the tools add to a call: beyond an untraced one of the same round, in a guest beyond the best so far.
 * @param {Machine} machine @param {string} title
 */
async function compare(machine, title) {
  const compared = /** @type {Comparison} */ (COMPARED[title]);
  const { tools } = compared;
  const rounds = machine === host ? 5 : 3;
  console.log(`${title}, ${rounds} rounds in turn: ns added to a call`);
  /** @type {Record<string, number[]>} */
  const costs = {};
  let best = Infinity;
  const missing = new Set();
  for (let round = 0; round < rounds; round++) {
    const names = Object.keys(tools).filter((name) => !missing.has(name));
    for (const name of round % 2 ? names.reverse() : names) {
      const untraced = await perCall(machine, compared);
      best = Math.min(best, untraced);
      const plain = machine === host ? untraced : best;
      try {
        const stop = await started(machine, /** @type {Tool} */ (tools[name]));
        const taken = await perCall(machine, compared);
        await stop();
        costs[name] = [...(costs[name] ?? []), taken - plain];
      } catch (error) {
        if (round > 0) throw error;
        missing.add(name);
        const [first = ''] = /** @type {Error} */ (error).message.split('\n');
        console.log(`  ${name.padEnd(34)} ${first.slice(0, 100)}`);
      }
    }
  }
  const typical = machine === host ? median : (/** @type {number[]} */ all) => Math.min(...all);
  for (const [name, all] of Object.entries(costs)) {
    const ratios = PEERS.filter((peer) => costs[peer] && !PEERS.includes(name)).map((peer) => {
      const share = typical(all) / typical(/** @type {number[]} */ (costs[peer]));
      return `${share.toFixed(2)} of ${peer}`;
    });
    console.log([line(name, all, 'ns'), ...ratios].join('  '));
  }
}

/** @param {Machine} machine @param {string} title @param {readonly string[]} options */
async function attachMany(machine, title, options) {
  const begun = performance.now();
  const tool = machine.start([...bin, ...options, '--limit', '5000']);
  const seconds = (/** @type {number} */ from) => ((performance.now() - from) / 1000).toFixed(1);
  try {
    const ready = await tool.waitFor(/Tracing \d+ functions[^\n]*Hit Ctrl-C/);
    const attached = seconds(begun);
    const stopped = performance.now();
    tool.signal('SIGINT');
    await tool.done;
    const [, count, hook] = /Tracing (\d+) .* by (.*?) \(/.exec(ready[0]) ?? [];
    console.log(
      `  ${count} ${title} by ${hook}: ${attached} s to attach, ${seconds(stopped)} to end`,
    );
  } catch (error) {
    console.log(`  ${title}: ${/** @type {Error} */ (error).message.split('\n')[0]}`);
  }
}

/** @param {Machine} machine */
async function bench(machine) {
  console.log(`kernel ${machine.kernel}, libbpf-tools ${peer.version}`);
  for (const title of Object.keys(COMPARED).filter(isAsked)) await compare(machine, title);
  if (!isAsked('many functions')) return;
  console.log('many functions');
  await attachMany(machine, 'kernel functions', MANY.kernel);
  await attachMany(machine, 'user functions', MANY.user);
}

/** The libraries that a program loads. @param {string} file */
function librariesOf(file) {
  const listed = execFileSync('ldd', [file], { encoding: 'utf8' });
  return Array.from(listed.matchAll(/(\/\S+) \(0x/g), ([, library = '']) => library);
}

/** @param {string} file @param {string} name */
function libraryOf(file, name) {
  return librariesOf(file).find((library) => library.includes(name)) ?? name;
}

const tracer = execFileSync('which', ['bpftrace'], { encoding: 'utf8' }).trim();
const files = [protectedProgram, ...peer.files, tracer, ...librariesOf(tracer)];
for (const name of values.kernel ?? ['host', ...KERNELS.map((kernel) => kernel.name)]) {
  const known = KERNELS.find((kernel) => kernel.name === name);
  if (!known && name !== 'host') throw new Error(`no kernel ${name}`);
  if (known) await inGuest(known.name, files, bench);
  else await bench(host);
}
