// @ts-check
// 300 MB of folded stacks as an SVG: beside inferno-flamegraph itself, which is compiled where it is not there yet.
// Three inputs of that size: stacks that repeat in no order (what many hosts or a raw collapse give), the same sorted,
// and lines of which no two are alike.
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { line, median, start } from './measure.mjs';

const ROUNDS = 5;
const BYTES = 300_000_000;
const VERSION = '0.12.8';
const at = (/** @type {string} */ file) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const bin = at('packages/flamegraph/bin/flamegraph.cjs');
const root = at('target/inferno');
const inferno = path.join(root, 'bin/inferno-flamegraph');

if (!existsSync(inferno)) {
  const install = ['install', 'inferno', '--version', VERSION, '--locked', '--root', root];
  execFileSync('cargo', install, { stdio: ['ignore', 'ignore', 'inherit'] });
}

let seed = 7;
const directory = mkdtempSync(path.join(tmpdir(), 'flamegraph-bench-'));
try {
  console.log(`an SVG of ${BYTES / 1e6} MB of folded stacks, ${ROUNDS} rounds in turn`);
  const repeated = shuffled(20_000);
  await compare('20,000 stacks, in no order', () => repeated[Math.floor(random() * 20_000)] ?? '');
  const sorted = repeated.toSorted();
  const each = Math.ceil(BYTES / sorted.reduce((sum, one) => sum + one.length + 3, 0));
  await compare('20,000 stacks, sorted', (n) => sorted[Math.floor(n / each)] ?? '');
  await compare('no two stacks alike', (n) => `${repeated[n % 20_000]};leaf_${n}`);
} finally {
  rmSync(directory, { recursive: true });
}

/**
 * @param {string} what
 * @param {(n: number) => string} stack
 */
async function compare(what, stack) {
  const file = path.join(directory, 'folded');
  const lines = write(file, stack);
  const [ours, theirs] = [path.join(directory, 'ours.svg'), path.join(directory, 'theirs.svg')];
  /** @type {Record<string, readonly string[]>} */
  const commands = {
    flamegraph: [process.execPath, bin, file, '-o', ours],
    'inferno-flamegraph': ['sh', '-c', 'exec "$0" "$1" > "$2"', inferno, file, theirs],
  };
  /** @type {Record<string, { wall: number[], peak: number[] }>} */
  const seen = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of Object.entries(commands)) {
      const { wallS, peakMiB, code, stderr } = await start(command).done;
      if (code !== 0) throw new Error(stderr);
      seen[name] ??= { wall: [], peak: [] };
      seen[name].wall.push(wallS);
      seen[name].peak.push(peakMiB);
    }
  }
  console.log(`${what} (${lines} lines)`);
  const peer = seen['inferno-flamegraph'];
  for (const [name, { wall, peak }] of Object.entries(seen)) {
    const ratio = (/** @type {number[]} */ own, /** @type {number[]} */ other) =>
      (median(own) / median(other)).toFixed(2);
    console.log(`${line(name, wall, 's')} ${ratio(wall, peer?.wall ?? wall)}`);
    console.log(`${line(`${name}, memory`, peak, 'MiB')} ${ratio(peak, peer?.peak ?? peak)}`);
  }
}

/**
 * Lines up to the size; how many.
 * @param {string} file
 * @param {(n: number) => string} stack
 */
function write(file, stack) {
  const to = openSync(file, 'w');
  let [bytes, lines] = [0, 0];
  while (bytes < BYTES) {
    let text = '';
    while (text.length < 1 << 20) text += `${stack(lines++)} ${1 + (lines % 9)}\n`;
    bytes += writeSync(to, text);
  }
  closeSync(to);
  return lines;
}

/**
 * Different stacks of two to thirty functions, with names as long as C++ has them.
 * @param {number} number
 */
function shuffled(number) {
  return Array.from({ length: number }, (_, n) => {
    const depth = 2 + Math.floor(random() * 28);
    const frames = ['main', 'run_event_loop'];
    for (let level = 2; level < depth; level++) {
      frames.push(`module_${level % 7}::function_${level}_${Math.floor(random() * 4)}`);
    }
    return [...frames, `work_${n}`].join(';');
  });
}

/** The same in each run. */
function random() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}
