// @ts-check
// What tracing costs a read that is served from memory: the time of a 64-byte pread on ext4 without a tool, with ours,
// and with its peers: bpftrace on this host, by the same system calls; libbpf-tools' ext4slower in a guest, where it
// and ours hook the file system's functions. All of them watch every read and print the slow ones.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  boot,
  buildImage,
  compileWorkload,
  connectGuest,
  eventually,
  getKernel,
  host,
  kernelNamed,
} from '../packages/core/dist/testing/index.js';
import { median } from './measure.mjs';

/** @typedef {import('../packages/core/dist/testing/index.js').Machine} Machine */

const ROUNDS = 3;
const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));
const bin = path('../packages/ext4slower/bin/ext4slower.js');
const program = compileWorkload(path('../packages/ext4slower/test/workloads/operations.c'));
const peer = '/usr/sbin/ext4slower';

const SCRIPT = `BEGIN { printf("ready\\n"); }
  tracepoint:syscalls:sys_enter_pread64 { @start[tid] = nsecs; @fd[tid] = args->fd; }
  tracepoint:syscalls:sys_exit_pread64 /@start[tid]/ {
    $ms = (nsecs - @start[tid]) / 1000000;
    if ($ms >= 10) { printf("%s %d R %d %d ms\\n", comm, pid, args->ret, $ms); }
    delete(@start[tid]); delete(@fd[tid]); }`;

/**
 * `ready`: what it prints; of one that prints nothing into a pipe before its end, how many links to functions it makes.
 * @type {Record<string, { command: readonly string[], ready: RegExp | number }>}
 */
const tools = {
  ext4slower: { command: [process.execPath, bin], ready: /Hit Ctrl-C/ },
  'ext4slower --plan kprobe': {
    command: [process.execPath, bin, '--plan', 'kprobe'],
    ready: /Hit Ctrl-C/,
  },
  bpftrace: { command: ['bpftrace', '-e', SCRIPT], ready: /ready/ },
  'libbpf-tools': { command: [peer], ready: 8 },
};

/** @param {Machine} machine @param {string} directory @param {number} reads ns a read */
async function cached(machine, directory, reads) {
  const { stdout, stderr } = await machine.run([program, directory, 'many', String(reads), '1'], {
    input: '\n',
  });
  const ns = /^ns ([\d.]+)$/m.exec(stdout)?.[1];
  if (ns === undefined) throw new Error(stderr || stdout);
  return Number(ns);
}

/** @param {Machine} machine @param {number} count */
async function linked(machine, count) {
  await eventually(`${count} links to functions`, async () => {
    const { stdout } = await machine.run(['bpftool', 'link', 'show']);
    return (stdout.match(/: tracing /g)?.length ?? 0) >= count;
  });
}

/** @param {Machine} machine @param {readonly string[]} names @param {number} reads */
async function compare(machine, names, reads) {
  const { stdout } = await machine
    .run(['mktemp', '-d', '/var/tmp/ext4slower-XXXXXX'])
    .catch(() => ({
      stdout: '',
    }));
  const directory = stdout.trim() || '/root';
  /** @type {Record<string, number[]>} */
  const times = {};
  for (let round = 0; round < ROUNDS; round++) {
    times.none = [...(times.none ?? []), await cached(machine, directory, reads)];
    for (const name of names) {
      const { command, ready } = tools[name] ?? { command: [], ready: /./ };
      const tool = machine.start(command);
      try {
        if (ready instanceof RegExp) await tool.waitFor(ready);
        else await linked(machine, ready);
      } catch {
        continue; // It cannot run here.
      }
      times[name] = [...(times[name] ?? []), await cached(machine, directory, reads)];
      tool.signal('SIGINT');
      await tool.done;
    }
  }
  await machine.run(['rm', '-f', `${directory}/cached`]);
  if (directory !== '/root') await machine.run(['rmdir', directory]);
  const none = median(times.none ?? []);
  console.log(
    `${reads} cached reads of 64 bytes, ${machine.name}, ${machine.kernel}, ${ROUNDS} rounds in turn`,
  );
  for (const name of ['none', ...names]) {
    const all = times[name];
    const label = `  ${name.padEnd(26)}`;
    if (!all) {
      console.log(`${label} cannot run on this kernel`);
      continue;
    }
    const ns = median(all);
    const spread = `${Math.min(...all).toFixed(0)}..${Math.max(...all).toFixed(0)}`;
    const more = name === 'none' ? '' : `, ${(ns - none).toFixed(0)} ns more`;
    console.log(`${label} ${ns.toFixed(0).padStart(6)} ns a read (${spread})${more}`);
  }
}

await compare(host, ['ext4slower', 'bpftrace'], 2_000_000);
if (!existsSync(peer)) {
  console.log(`  libbpf-tools is not installed: nothing to compare with in a guest`);
} else {
  const kernel = await getKernel(kernelNamed('6.1').name);
  const image = buildImage(path('..'), [kernel]);
  const { socket, close } = await boot(kernel, image.file).finally(image.remove);
  try {
    const guest = await connectGuest(kernel.name, socket);
    const libraries = execFileSync('ldd', [peer], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
    for (const file of [peer, ...libraries]) {
      const there = await guest.run(['sh', '-c', 'test -e "$1"', 'sh', file]);
      if (there.code !== 0) await guest.copyIn(file);
    }
    const names = ['ext4slower', 'ext4slower --plan kprobe', 'libbpf-tools'];
    await compare(guest, names, 300_000);
  } finally {
    await close();
  }
}
