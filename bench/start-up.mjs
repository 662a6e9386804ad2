// @ts-check
// From exec to the first sample, and the peak memory of a whole run of 2 s: profile beside bpftrace, in turn, with the
// same work on the machine.
import { fileURLToPath } from 'node:url';
import { compileWorkload } from '@probekit/core/testing';
import { line, median, start } from './measure.mjs';

const ROUNDS = 5;
const HERTZ = 99;
const bin = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../packages/${name}/bin/${name}.js`, import.meta.url));

const spinner = fileURLToPath(
  new URL('../packages/profile/test/workloads/shares.c', import.meta.url),
);

const PEER = `profile:hz:${HERTZ} /@first == 0/ { @first = 1; printf("first sample\\n"); }
  profile:hz:${HERTZ} { @[kstack, ustack, comm, pid] = count(); } interval:s:2 { exit(); }`;

/** @param {readonly string[]} command @param {RegExp} ready */
async function run(command, ready) {
  let readyS = Number.NaN;
  const { done } = start(command, {
    onOutput(text, elapsedS) {
      if (Number.isNaN(readyS) && ready.test(text)) readyS = elapsedS;
    },
  });
  const { peakMiB, code, stderr } = await done;
  if (code !== 0 || Number.isNaN(readyS)) throw new Error(`${command[0]}: ${stderr}`);
  return { readyS, peakMiB };
}

/** The machine has something to do: this is what both see. */
const work = start([compileWorkload(spinner), '2']);
/** @type {{ ours: { readyS: number, peakMiB: number }[], npx: { readyS: number, peakMiB: number }[], theirs: { readyS: number, peakMiB: number }[] }} */
const results = { ours: [], npx: [], theirs: [] };
try {
  for (let round = 0; round < ROUNDS; round++) {
    // The readiness line comes when all is attached; the first sample comes at most one period later.
    const ours = await run(
      [process.execPath, bin('profile'), '-F', String(HERTZ), '2'],
      /Sampling/,
    );
    results.ours.push({ ...ours, readyS: ours.readyS + 1 / HERTZ });
    results.theirs.push(await run(['bpftrace', '-e', PEER], /first sample/));
    const npx = await run(['npx', 'profile', '-F', String(HERTZ), '2'], /Sampling/);
    results.npx.push({ ...npx, readyS: npx.readyS + 1 / HERTZ });
  }
} finally {
  work.child.kill('SIGKILL');
  await work.done;
}

const pick = (
  /** @type {'ours' | 'npx' | 'theirs'} */ who,
  /** @type {'readyS' | 'peakMiB'} */ what,
) => results[who].map((result) => result[what]);
const ratio = (/** @type {'readyS' | 'peakMiB'} */ what) =>
  (median(pick('ours', what)) / median(pick('theirs', what))).toFixed(2);

console.log(`exec to first sample, ${ROUNDS} rounds in turn`);
console.log(line('profile (bin)', pick('ours', 'readyS'), 's'));
console.log(line('profile (npx)', pick('npx', 'readyS'), 's'));
console.log(line('bpftrace', pick('theirs', 'readyS'), 's'));
console.log(`  ratio ${ratio('readyS')} (wanted: at most 0.33)`);
console.log('peak memory of the process');
console.log(line('profile (bin)', pick('ours', 'peakMiB'), 'MiB'));
console.log(line('bpftrace', pick('theirs', 'peakMiB'), 'MiB'));
console.log(`  ratio ${ratio('peakMiB')} (wanted: at most 0.50)`);
