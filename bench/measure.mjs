// @ts-check
// What every benchmark here needs: processes whose peak memory and output are watched, and medians.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * @typedef {{ wallS: number, peakMiB: number, stdout: string, stderr: string, code: number | null }} Finished
 */

/**
 * Starts a command and watches the peak memory of that one process.
 * @param {readonly string[]} command
 * @param {{ onOutput?: (text: string, elapsedS: number) => void }} [options]
 */
export function start([file = '', ...args], { onOutput = () => {} } = {}) {
  const begin = performance.now();
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr, peakKiB] = ['', '', 0];
  const watch = setInterval(() => {
    peakKiB = Math.max(peakKiB, highWater(child.pid ?? 0));
  }, 5);
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    onOutput(text, (performance.now() - begin) / 1000);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
    onOutput(text, (performance.now() - begin) / 1000);
  });
  /** @type {Promise<Finished>} */
  const done = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      const wallS = (performance.now() - begin) / 1000;
      resolve({ wallS, peakMiB: peakKiB / 1024, stdout, stderr, code });
    });
  });
  return { child, done };
}

/** @param {number} pid */
function highWater(pid) {
  try {
    return Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return /** @type {number} */ (sorted[sorted.length >> 1]);
}

/**
 * One line of a result: median, and the spread behind it.
 * @param {string} name
 * @param {readonly number[]} values
 * @param {string} unit
 */
export function line(name, values, unit) {
  const round = (/** @type {number} */ value) => (value < 10 ? value.toFixed(3) : value.toFixed(0));
  const spread = `${round(Math.min(...values))} to ${round(Math.max(...values))}`;
  return `  ${name.padEnd(34)} ${round(median(values)).padStart(9)} ${unit.padEnd(8)} (${spread})`;
}
