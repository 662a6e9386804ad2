// @ts-check
// Profiles the machine for 10 s (or as profile's own options say) into cpu.svg and cpu.folded, and names the ten
// hottest functions. What `npm start` ends with, once everything is built.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { escapeText, folded, frameName, UsageError } from '@probekit/core';
import { closingLines, command, parseTool } from '@probekit/core/cli';
import { flamegraph } from '@probekit/flamegraph';
import { profile } from '@probekit/profile';

const SECONDS = 10;
const HOTTEST = 10;
const WIDEST = 60;

await command('profile', async (state) => {
  const parsed = await parseTool(profile, ['-F', '99', ...process.argv.slice(2)]);
  if (parsed.kind === 'text') return void process.stdout.write(parsed.text);
  const { duration = SECONDS, json, output, strict, explain, pid } = parsed.args;
  if (json || output !== undefined || strict || explain) {
    throw new UsageError('this writes cpu.svg and cpu.folded: for other outputs, npx profile');
  }
  const args = { ...parsed.args, duration };

  const renderer = folded({ annotate: true });
  /** @type {import('@probekit/core').StackCount[]} */
  const entries = [];
  let lines = '';
  let stopCounting = () => {};
  for await (const report of profile(args, { signal: state.stop.signal })) {
    if (report.type === 'meta') {
      process.stderr.write(`${report.header}\n`);
      stopCounting = countDown(args.duration);
    } else if (report.type === 'stacks') {
      stopCounting();
      entries.push(...report.entries);
      lines += renderer.report(report);
    } else if (report.type === 'notice') {
      process.stderr.write(`profile: ${escapeText(report.text)}\n`);
    } else if (report.type === 'summary') {
      for (const line of closingLines(report)) process.stderr.write(`profile: ${line}\n`);
    }
  }

  const { svg } = await flamegraph(Buffer.from(lines), {
    title: 'CPU flame graph',
    subtitle: `${pid.length > 0 ? `pid ${pid.join(', ')}` : 'all processes'}, ${args.frequency} Hertz, ${args.duration} s`,
  });
  writeFileSync('cpu.folded', lines);
  writeFileSync('cpu.svg', svg);
  process.stdout.write(hottest(entries));
  process.stdout.write(`\nflame graph: ${path.resolve('cpu.svg')}\n`);
});

/**
 * Seconds left, once a second: on one line of a terminal, else on lines of their own.
 * @param {number} seconds
 */
function countDown(seconds) {
  const end = performance.now() + seconds * 1000;
  const rewrite = process.stderr.isTTY;
  const show = () => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    process.stderr.write(rewrite ? `\r${left} s left ` : `${left} s left\n`);
  };
  show();
  const timer = setInterval(show, 1000);
  return () => {
    clearInterval(timer);
    if (rewrite) process.stderr.write('\r\x1b[K');
  };
}

/**
 * The functions that were running most often, not counting what they called.
 * @param {readonly import('@probekit/core').StackCount[]} entries
 */
function hottest(entries) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  let total = 0;
  for (const { comm, pid, user, kernel, count } of entries) {
    const leaf = kernel?.[0] ?? user?.[0];
    const name = typeof leaf === 'object' ? frameName(leaf) : '[missed]';
    const line = `${shortened(escapeText(name))}\t${escapeText(comm)} (${pid})`;
    counts.set(line, (counts.get(line) ?? 0) + count);
    total += count;
  }
  const rows = [...counts].sort(([, a], [, b]) => b - a).slice(0, HOTTEST);
  const widest = Math.max(8, ...rows.map(([line]) => line.indexOf('\t')));
  return [['FUNCTION\tPROCESS', Number.NaN], ...rows]
    .map(([line, count]) => {
      const [name = '', process = ''] = String(line).split('\t');
      const share = Number.isNaN(count) ? 'SELF' : `${((100 * Number(count)) / total).toFixed(1)}%`;
      return `${share.padStart(6)}  ${name.padEnd(widest)}  ${process}\n`;
    })
    .join('');
}

/**
 * C++ names can fill screens.
 * @param {string} name
 */
function shortened(name) {
  return name.length <= WIDEST ? name : `${name.slice(0, WIDEST - 3)}...`;
}
