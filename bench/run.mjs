// @ts-check
// npm run bench [-- NAME ...]: every benchmark, or those that are named, after a line about the machine and the peer.
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release } from 'node:os';

const BENCHMARKS = ['start-up', 'flood', 'biolatency', 'tcpconnlat'];

if (process.getuid?.() !== 0) throw new Error('benchmarks attach to the kernel: run them as root');
const peer = execFileSync('bpftrace', ['--version'], { encoding: 'utf8' }).trim();
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} CPUs, kernel ${release()}, node ${process.version}, ${peer}\n`,
);
const named = process.argv.slice(2).filter((word) => BENCHMARKS.includes(word));
for (const name of named.length > 0 ? named : BENCHMARKS) {
  await import(`./${name}.mjs`);
  console.log();
}
