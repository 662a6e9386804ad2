// @ts-check
// What tracing connections costs. First, on this machine and in every guest: the kernel's own ns of all programs of a tool
// for each connection, ours beside those of libbpf-tools' tcpconnlat and of a bpftrace script, while all see the same
// connections over loopback, in either order of attachment. Then, on this machine, the rate of a flood of connects without
// a tool and with each, and how many of the connections it printed. Then what a receiver of a million segments pays for
// --first-response, which looks at each. libbpf-tools need kprobes or fentry: where they cannot attach, that is said.
//   npm run bench -- tcpconnlat [--kernel host|5.10|...]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileWorkload, host, KERNELS } from '@probekit/core/testing';
import { inGuest } from './guests.mjs';
import { line, median, start } from './measure.mjs';
import { libbpfTool } from './peers.mjs';
import { sideBySide } from './program-cost.mjs';

/** @typedef {import('@probekit/core/testing').Machine} Machine */

const ROUNDS = 3;
const CONNECTIONS = 50_000;
const SEGMENTS = 1_000_000;
const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));
const bin = path('../packages/tcpconnlat/bin/tcpconnlat.cjs');
const workload = (/** @type {string} */ name) =>
  compileWorkload(path(`../packages/tcpconnlat/test/workloads/${name}.c`));
const program = workload('connections');
const segments = workload('segments');
const peer = await libbpfTool('tcpconnlat');

const { values } = parseArgs({
  options: { kernel: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const machines = values.kernel ?? ['host', ...KERNELS.map(({ name }) => name)];

const SCRIPT = `BEGIN { printf("ready\\n"); }
  tracepoint:sock:inet_sock_set_state /args->protocol == 6 && args->newstate == 2/ {
    @start[args->skaddr] = nsecs; @pid[args->skaddr] = pid; @comm[args->skaddr] = comm; }
  tracepoint:sock:inet_sock_set_state /args->oldstate == 2 && @start[args->skaddr]/ {
    printf("%d %s %s %s %d %d us\\n", @pid[args->skaddr], @comm[args->skaddr], ntop(args->saddr), ntop(args->daddr),
      args->dport, (nsecs - @start[args->skaddr]) / 1000);
    delete(@start[args->skaddr]); delete(@pid[args->skaddr]); delete(@comm[args->skaddr]); }`;

/** @param {Machine} machine */
async function costs(machine) {
  const count = machine === host ? 20_000 : 1000;
  const inside = ['unshare', '-n', 'sh', '-ec', 'ip link set lo up; exec "$@"', 'sh'];
  const own = [process.execPath, bin];
  const found = await sideBySide(machine, {
    tools: {
      tcpconnlat: { command: [...own, '--overhead'], ready: /Hit Ctrl-C/ },
      'tcpconnlat --histogram': { command: [...own, '--histogram'], ready: /Hit Ctrl-C/ },
      'libbpf-tools': { command: peer.command, ready: /LAT/ },
      bpftrace: { command: ['bpftrace', '-e', SCRIPT], ready: /ready/ },
    },
    load: [...inside, program, `many,${count},2`],
    count,
  });
  console.log(
    `kernel ${machine.kernel}: time in the programs of a tool for each of ${count} connections`,
  );
  const mine = median(found.tcpconnlat ?? []);
  for (const [name, all] of Object.entries(found)) {
    if (all.length === 0) console.log(`  ${name.padEnd(34)} cannot run on this kernel`);
    else console.log(`${line(name, all, 'ns')} ${(mine / median(all)).toFixed(2)}`);
  }
}

/** @param {readonly string[]} command @param {RegExp} ready */
async function traced(command, ready) {
  let said = '';
  let ended = false;
  const tool = start(command, {
    onOutput(text) {
      if (said.length < 1 << 16) said += text;
    },
  });
  void tool.done.then(() => {
    ended = true;
  });
  while (!ready.test(said)) {
    if (ended) throw new Error(`${command[0]}: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return async () => {
    tool.child.kill('SIGINT');
    return (await tool.done).stdout;
  };
}

/** Runs a workload over a loopback of its own; what it said, and its seconds from the line that begins it. @param {readonly string[]} command */
async function inNetwork(command) {
  let begin = performance.now();
  const work = start(
    ['unshare', '-n', 'sh', '-ec', 'ip link set lo up; exec "$@"', 'sh', ...command],
    {
      onOutput(text) {
        if (!text.includes('ready')) return;
        begin = performance.now();
        work.child.stdin.write('\n');
      },
    },
  );
  const { code, stdout, stderr } = await work.done;
  if (code !== 0) throw new Error(stderr);
  return { stdout, seconds: (performance.now() - begin) / 1000 };
}

/** Connections a second. */
async function flood() {
  return CONNECTIONS / (await inNetwork([program, `many,${CONNECTIONS},2`])).seconds;
}

/** Nanoseconds of CPU time a segment, of sender and receiver together. */
async function received() {
  const { stdout } = await inNetwork([segments, String(SEGMENTS)]);
  return Number(/^segments \d+ ([\d.]+)$/m.exec(stdout)?.[1]);
}

const ours = (/** @type {string[]} */ ...options) =>
  traced([process.execPath, bin, ...options], /Hit Ctrl-C/);

/** @type {Record<string, (() => Promise<() => Promise<string>>) | undefined>} */
const tools = {
  none: undefined,
  tcpconnlat: () => ours(),
  'tcpconnlat --json': () => ours('--json'),
  'tcpconnlat --histogram': () => ours('--histogram'),
  'tcpconnlat --first-response': () => ours('--first-response'),
  'tcpconnlat --passive': () => ours('--passive'),
  bpftrace: () => traced(['bpftrace', '-e', SCRIPT], /ready/),
  'libbpf-tools': () => traced(peer.command, /LAT/),
};

async function floods() {
  /** @type {Record<string, number[]>} */
  const rates = {};
  /** @type {Record<string, number[]>} */
  const printed = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, tool] of Object.entries(tools)) {
      /** @type {(() => Promise<string>) | undefined} */
      let stop;
      try {
        stop = await tool?.();
      } catch {
        continue; // It cannot run here.
      }
      rates[name] = [...(rates[name] ?? []), await flood()];
      const rows = (await stop?.())?.match(/127\.0\.0\.1.*127\.0\.0\.1/g)?.length ?? 0;
      printed[name] = [...(printed[name] ?? []), rows];
    }
  }
  console.log(
    `${CONNECTIONS} connects over loopback by two threads, ${ROUNDS} rounds in turn, and what each costs more`,
  );
  const none = median(rates.none ?? []);
  for (const name of Object.keys(tools)) {
    const all = rates[name];
    if (!all) {
      console.log(`  ${name.padEnd(34)} cannot run on this kernel`);
      continue;
    }
    const us = (1e6 / median(all) - 1e6 / none).toFixed(1);
    const rows = name === 'none' ? '' : `, ${us} us, ${median(printed[name] ?? [])} rows`;
    console.log(`${line(name, all, '1/s')} ${(median(all) / none).toFixed(2)}${rows}`);
  }
}

async function receivers() {
  const names = ['none', 'tcpconnlat', 'tcpconnlat --first-response'];
  /** @type {Record<string, number[]>} */
  const spent = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const stop = await tools[name]?.();
      spent[name] = [...(spent[name] ?? []), await received()];
      await stop?.();
    }
  }
  console.log(`${SEGMENTS} segments of one connection over loopback: CPU time of both ends`);
  for (const name of names) {
    const all = spent[name] ?? [];
    const ratio = (median(all) / median(spent.none ?? all)).toFixed(2);
    console.log(`${line(name, all, 'ns/segment')} ${ratio}`);
  }
}

console.log(
  `tcpconnlat beside that of libbpf-tools ${peer.version}; the share of a peer's time that ours takes`,
);
for (const name of machines) {
  const known = KERNELS.find((kernel) => kernel.name === name);
  if (!known && name !== 'host') throw new Error(`no kernel ${name}`);
  await (known ? inGuest(known.name, peer.files, costs) : costs(host));
}
if (machines.includes('host')) {
  await floods();
  await receivers();
}
