// @ts-check
// npm run bench [-- NAME ...]: every benchmark, or those that are named, after a line about the machine and the peer.
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release } from 'node:os';
import { parseArgs } from 'node:util';

const BENCHMARKS = [
  'start-up',
  'profile',
  'flood',
  'biolatency',
  'tcpconnlat',
  'funclatency',
  'ext4slower',
  'flamegraph',
];

if (process.getuid?.() !== 0) throw new Error('benchmarks attach to the kernel: run them as root');
const peer = execFileSync('bpftrace', ['--version'], { encoding: 'utf8' }).trim();
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} CPUs, kernel ${release()}, node ${process.version}, ${peer}\n`,
);
const { positionals: named } = parseArgs({
  options: { kernel: { type: 'string', multiple: true }, only: { type: 'string' } },
  allowPositionals: true,
});
const unknown = named.find((name) => !BENCHMARKS.includes(name));
if (unknown) throw new Error(`no benchmark ${unknown}; there are ${BENCHMARKS.join(', ')}`);
for (const name of named.length > 0 ? named : BENCHMARKS) {
  await import(`./${name}.mjs`);
  console.log();
}
