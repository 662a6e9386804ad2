// @ts-check
// What tracing costs a read that is served from memory: the time of a 64-byte pread on ext4 without a tool, with ours,
// and with its peers: bpftrace on this host, by the same system calls; libbpf-tools' fsslower in a guest, where it and ours
// hook the file system's functions, by fentry and, where that seems to be refused, by kprobes. All of them watch every
// read and print the slow ones.
//   npm run bench -- ext4slower [--kernel host|5.10|...]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileWorkload, host, KERNELS } from '@probekit/core/testing';
import { inGuest } from './guests.mjs';
import { line, median } from './measure.mjs';
import { libbpfTool } from './peers.mjs';

/** @typedef {import('@probekit/core/testing').Machine} Machine */

const ROUNDS = 3;
const READS = 2_000_000;
const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));
const bin = path('../packages/ext4slower/bin/ext4slower.cjs');
const program = compileWorkload(path('../packages/ext4slower/test/workloads/operations.c'));
const noFentry = compileWorkload(path('no-fentry.c'), ['-shared', '-fPIC']);
const peer = await libbpfTool('fsslower');

const SCRIPT = `BEGIN { printf("ready\\n"); }
  tracepoint:syscalls:sys_enter_pread64 { @start[tid] = nsecs; @fd[tid] = args->fd; }
  tracepoint:syscalls:sys_exit_pread64 /@start[tid]/ {
    $ms = (nsecs - @start[tid]) / 1000000;
    if ($ms >= 10) { printf("%s %d R %d %d ms\\n", comm, pid, args->ret, $ms); }
    delete(@start[tid]); delete(@fd[tid]); }`;

const ours = (/** @type {string[]} */ ...options) => ({
  command: [process.execPath, bin, ...options],
  ready: /Hit Ctrl-C/,
});
const theirs = (/** @type {string[]} */ ...preload) => {
  const at = peer.command.indexOf('--library-path');
  const command = [...peer.command.slice(0, at), ...preload, ...peer.command.slice(at)];
  return { command: [...command, '-t', 'ext4'], ready: /Tracing/ };
};

/** @typedef {{ command: string[], ready: RegExp, beside?: string }} Tool `beside`: the peer that it is compared with */

/** @type {Record<string, Tool>} */
const ON_HOST = {
  ext4slower: { ...ours(), beside: 'bpftrace' },
  bpftrace: { command: ['bpftrace', '-e', SCRIPT], ready: /ready/ },
};

/** @type {Record<string, Tool>} */
const IN_GUEST = {
  'ext4slower, fentry': { ...ours(), beside: 'libbpf-tools, fentry' },
  'libbpf-tools, fentry': theirs(),
  'ext4slower, kprobe': { ...ours('--plan', 'kprobe'), beside: 'libbpf-tools, kprobe' },
  'libbpf-tools, kprobe': theirs('--preload', noFentry),
};

/** @param {Machine} machine @param {string} directory ns a read */
async function cached(machine, directory) {
  const { stdout, stderr } = await machine.run([program, directory, 'many', String(READS), '1'], {
    input: '\n',
  });
  const ns = /^ns ([\d.]+)$/m.exec(stdout)?.[1];
  if (ns === undefined) throw new Error(stderr || stdout);
  return Number(ns);
}

/** The kinds of programs that watch ext4 while a tool runs. @param {Machine} machine */
async function kinds(machine) {
  const { stdout } = await machine.run(['bpftool', 'prog', 'show']);
  return new Set([...stdout.matchAll(/^\d+: (kprobe|tracing) /gm)].map(([, kind]) => kind));
}

/** In a directory of its own, of which the workload leaves nothing. @param {Machine} machine @param {Record<string, Tool>} tools */
async function own(machine, tools) {
  const directory = `/var/tmp/ext4slower-${process.pid}`;
  await machine.run(['mkdir', '-p', directory]);
  try {
    await compare(machine, directory, tools);
  } finally {
    await machine.run(['rm', '-r', directory]);
  }
}

/** @param {Machine} machine @param {string} directory @param {Record<string, Tool>} tools */
async function compare(machine, directory, tools) {
  /** @type {Record<string, number[]>} */
  const more = {};
  for (let round = 0; round < ROUNDS; round++) {
    const names = Object.keys(tools);
    const none = await cached(machine, directory);
    more.none = [...(more.none ?? []), none];
    for (const name of round % 2 ? names.reverse() : names) {
      const { command, ready } = /** @type {Tool} */ (tools[name]);
      const tool = machine.start(command);
      await tool.waitFor(ready);
      const isKprobe = (await kinds(machine)).has('kprobe');
      if (name.includes(', ') && isKprobe !== name.endsWith('kprobe'))
        throw new Error(`${name} does not hook by that`);
      const all = await cached(machine, directory);
      tool.signal('SIGINT');
      await tool.done;
      more[name] = [...(more[name] ?? []), all - none];
    }
  }
  console.log(
    `${READS} cached reads of 64 bytes, ${machine.name}, ${machine.kernel}, ${ROUNDS} rounds in turn: ns added to a read`,
  );
  for (const [name, all] of Object.entries(more)) {
    const other = more[tools[name]?.beside ?? ''];
    const ratio = (/** @type {(values: number[]) => number} */ of) =>
      other && (of(all) / of(other)).toFixed(2);
    const share = other
      ? ` ${ratio(median)} of ${tools[name]?.beside}'s, best rounds ${ratio((values) => Math.min(...values))}`
      : '';
    console.log(line(name, all, 'ns') + share);
  }
}

const { values } = parseArgs({
  options: { kernel: { type: 'string', multiple: true } },
  allowPositionals: true,
});
for (const name of values.kernel ?? ['host', '6.1']) {
  const known = KERNELS.find((kernel) => kernel.name === name);
  if (!known && name !== 'host') throw new Error(`no kernel ${name}`);
  if (known) await inGuest(known.name, [...peer.files, noFentry], (guest) => own(guest, IN_GUEST));
  else await own(host, ON_HOST);
}
