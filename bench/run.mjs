// @ts-check
// npm run bench: every benchmark, after a line about the machine and the peer.
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release } from 'node:os';

if (process.getuid?.() !== 0) throw new Error('benchmarks attach to the kernel: run them as root');
const peer = execFileSync('bpftrace', ['--version'], { encoding: 'utf8' }).trim();
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} CPUs, kernel ${release()}, node ${process.version}, ${peer}\n`,
);
await import('./start-up.mjs');
console.log();
await import('./flood.mjs');
console.log();
await import('./biolatency.mjs');
console.log();
await import('./tcpconnlat.mjs');
console.log();
await import('./ext4slower.mjs');
