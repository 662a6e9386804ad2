// @ts-check
// What tracing connections costs: the rate of a flood of connects over loopback without a tool, with ours, and with
// bpftrace, whose script prints the same from the same tracepoint, and how many of the connections each of them printed.
// libbpf-tools' tcpconnlat needs kprobes or fentry: where it cannot attach, that is said. Then what a receiver of a
// million segments pays for --first-response, which looks at each.
import { fileURLToPath } from 'node:url';
import { compileWorkload } from '../packages/core/dist/testing/index.js';
import { line, median, start } from './measure.mjs';

const ROUNDS = 3;
const CONNECTIONS = 50_000;
const SEGMENTS = 1_000_000;
const path = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));
const bin = path('../packages/tcpconnlat/bin/tcpconnlat.js');
const workload = (/** @type {string} */ name) =>
  compileWorkload(path(`../packages/tcpconnlat/test/workloads/${name}.c`));
const program = workload('connections');
const segments = workload('segments');

const SCRIPT = `BEGIN { printf("ready\\n"); }
  tracepoint:sock:inet_sock_set_state /args->protocol == 6 && args->newstate == 2/ {
    @start[args->skaddr] = nsecs; @pid[args->skaddr] = pid; @comm[args->skaddr] = comm; }
  tracepoint:sock:inet_sock_set_state /args->oldstate == 2 && @start[args->skaddr]/ {
    printf("%d %s %s %s %d %d us\\n", @pid[args->skaddr], @comm[args->skaddr], ntop(args->saddr), ntop(args->daddr),
      args->dport, (nsecs - @start[args->skaddr]) / 1000);
    delete(@start[args->skaddr]); delete(@pid[args->skaddr]); delete(@comm[args->skaddr]); }`;

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
  'libbpf-tools': () => traced(['stdbuf', '-oL', '/usr/sbin/tcpconnlat'], /LAT/),
};

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
console.log(`${CONNECTIONS} connects over loopback by two threads, ${ROUNDS} rounds in turn`);
for (const name of Object.keys(tools)) {
  const all = rates[name];
  if (!all) {
    console.log(`  ${name.padEnd(34)} cannot run on this kernel`);
    continue;
  }
  const share = (median(all) / median(rates.none ?? all)).toFixed(2);
  const rows = name === 'none' ? '' : `, ${median(printed[name] ?? [])} rows`;
  console.log(`${line(name, all, '1/s')} ${share}${rows}`);
}

const receivers = ['none', 'tcpconnlat', 'tcpconnlat --first-response'];
/** @type {Record<string, number[]>} */
const costs = {};
for (let round = 0; round < ROUNDS; round++) {
  for (const name of receivers) {
    const stop = await tools[name]?.();
    costs[name] = [...(costs[name] ?? []), await received()];
    await stop?.();
  }
}
console.log(`${SEGMENTS} segments of one connection over loopback: CPU time of both ends`);
for (const name of receivers) {
  const all = costs[name] ?? [];
  const ratio = (median(all) / median(costs.none ?? all)).toFixed(2);
  console.log(`${line(name, all, 'ns/segment')} ${ratio}`);
}
