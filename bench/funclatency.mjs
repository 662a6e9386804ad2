// @ts-check
// What tracing a function costs each of its calls, by the caller's own CPU clock: a user function that does nothing and a
// system call that does next to nothing, without a tool, with ours by each hook, with libbpf-tools' funclatency and with
// bpftrace, in turn. Kernel functions need kprobes or fentry: where this kernel has neither, that is said.
import { fileURLToPath } from 'node:url';
import { compileWorkload } from '@probekit/core/testing';
import { line, median, start } from './measure.mjs';

const ROUNDS = 5;
const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));
const bin = path('../packages/funclatency/bin/funclatency.js');
const program = compileWorkload(path('../packages/funclatency/test/workloads/functions.c'));

/** @param {readonly string[]} command @param {RegExp} ready */
async function traced(command, ready) {
  let said = '';
  const tool = start(command, {
    onOutput(text) {
      said += text;
    },
  });
  while (!ready.test(said)) {
    if (tool.child.exitCode !== null) throw new Error(`${command[0]}: ${said.trim()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return async () => {
    tool.child.kill('SIGINT');
    return (await tool.done).stdout;
  };
}

const ours = (/** @type {string[]} */ ...options) =>
  traced([process.execPath, bin, ...options], /Hit Ctrl-C/);
const theirs = (/** @type {string} */ pattern) =>
  traced(['stdbuf', '-oL', '/usr/sbin/funclatency', pattern], /Hit Ctrl-C/);
const bpftrace = (/** @type {string} */ entry, /** @type {string} */ exit) =>
  traced(
    [
      'bpftrace',
      '-e',
      `BEGIN { printf("ready\\n"); } ${entry} { @start[tid] = nsecs; }
       ${exit} /@start[tid]/ { @ns = hist(nsecs - @start[tid]); delete(@start[tid]); }`,
    ],
    /ready/,
  );

/** Nanoseconds a call, by the workload's own CPU clock. @param {string} mode @param {number} calls */
async function perCall(mode, calls) {
  const { child, done } = start([program, mode, String(calls)]);
  child.stdin.end('\n');
  const { stdout, stderr, code } = await done;
  if (code !== 0) throw new Error(stderr);
  const [, count, ns] = /^\w+ (\d+) (\d+)$/m.exec(stdout) ?? [];
  return Number(ns) / Number(count);
}

/**
 * @typedef {() => Promise<() => Promise<string>>} Tool
 * @param {string} title
 * @param {{ mode: string, calls: number, tools: Record<string, Tool> }} options
 */
async function compare(title, { mode, calls, tools }) {
  console.log(`${title}, ${calls} calls, ${ROUNDS} rounds in turn: ns added to a call`);
  /** @type {Record<string, number[]>} */
  const costs = {};
  for (let round = 0; round < ROUNDS; round++) {
    const names = Object.keys(tools);
    for (const name of round % 2 ? names.reverse() : names) {
      const plain = await perCall(mode, calls);
      try {
        const stop = await /** @type {Tool} */ (tools[name])();
        const taken = await perCall(mode, calls);
        await stop();
        costs[name] = [...(costs[name] ?? []), taken - plain];
      } catch (error) {
        if (round === 0)
          console.log(
            `  ${name.padEnd(34)} ${/** @type {Error} */ (error).message.split('\n')[0]}`,
          );
        delete tools[name];
      }
    }
  }
  for (const [name, all] of Object.entries(costs)) {
    const peer = costs.bpftrace && median(costs.bpftrace);
    const share = peer ? ` ${(median(all) / peer).toFixed(2)} of bpftrace's` : '';
    console.log(line(name, all, 'ns') + share);
  }
}

const user = `${program}:empty`;
await compare('a user function', {
  mode: 'empty',
  calls: 200_000,
  tools: {
    'funclatency, uprobe_multi': () => ours(user),
    'funclatency, uprobe_multi, -F': () => ours('-F', user),
    'funclatency, uprobe': () => ours('--plan', 'uprobe', user),
    'libbpf-tools': () => theirs(user),
    bpftrace: () => bpftrace(`uprobe:${user}`, `uretprobe:${user}`),
  },
});
await compare('a system call', {
  mode: 'getppid',
  calls: 200_000,
  tools: {
    'funclatency, tp_btf': () => ours('sys_getppid'),
    bpftrace: () =>
      bpftrace('tracepoint:syscalls:sys_enter_getppid', 'tracepoint:syscalls:sys_exit_getppid'),
  },
});
const KERNEL_FUNCTION = '__task_pid_nr_ns';
const { stderr, code } = await start([process.execPath, bin, '-d', '0.1', KERNEL_FUNCTION]).done;
if (code !== 0) console.log(`a kernel function: ${stderr.trim()}`);
else
  await compare('a kernel function', {
    mode: 'getppid',
    calls: 200_000,
    tools: {
      'funclatency, fentry': () => ours('--plan', 'fentry', KERNEL_FUNCTION),
      'funclatency, kprobe_multi': () => ours('--plan', 'kprobe_multi', KERNEL_FUNCTION),
      'funclatency, kprobe': () => ours('--plan', 'kprobe', KERNEL_FUNCTION),
      'libbpf-tools': () => theirs(KERNEL_FUNCTION),
      bpftrace: () => bpftrace(`kprobe:${KERNEL_FUNCTION}`, `kretprobe:${KERNEL_FUNCTION}`),
    },
  });
