import { readdirSync, readFileSync } from 'node:fs';
import { host, records } from '@probekit/core/testing';
import { describe, expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

const inMounts = (script: string) => ['unshare', '-m', 'sh', '-c', `${script} && exec "$@"`, 'sh'];

const holdsSomething = (disk: string) =>
  Number(readFileSync(`/sys/block/${disk}/size`, 'utf8')) > 0;
const disks = readdirSync('/sys/block').filter(holdsSomething).join('|');

const misuses: readonly [name: string, command: readonly string[], code: number, line: RegExp][] = [
  [
    'an unknown disk',
    [...bin, '-d', 'nowhere'],
    1,
    new RegExp(`^biolatency: no disk "nowhere"; there are (${disks})(,|$)`),
  ],
  [
    'a path that is no disk',
    [...bin, '-d', '/dev/null'],
    1,
    /^biolatency: no disk "\/dev\/null"; there/,
  ],
  ['an interval of 0', [...bin, '0'], 2, /^biolatency: interval must be more than 0 and at most/],
  [
    'a count without an interval',
    [...bin, '--count', '3'],
    2,
    /^biolatency: --count needs an --interval$/,
  ],
  [
    'a cgroup that is not there',
    [...bin, '-c', '/sys/fs/cgroup/blkio/nowhere'],
    1,
    /^biolatency: no cgroup "\/sys\/fs\/cgroup\/blkio\/nowhere" under \/sys\/fs\/cgroup\/blkio$/,
  ],
  [
    'a directory that is no cgroup',
    [...bin, '-c', '/tmp'],
    1,
    /^biolatency: "\/tmp" is not a cgroup; they are under/,
  ],
  [
    'a hierarchy without block I/O',
    [...bin, '-c', '/sys/fs/cgroup/memory'],
    3,
    /^biolatency: the hierarchy of "\/sys\/fs\/cgroup\/memory" \(memory\) has no block I\/O controller; use a cgroup of/,
  ],
  [
    'a machine without block devices',
    [...inMounts('mount -t tmpfs none /sys/block'), ...bin, '1', '1'],
    3,
    /^biolatency: this machine has no block devices$/,
  ],
  [
    '-Q with --split',
    [...bin, '-Q', '--split'],
    2,
    /^biolatency: --queued and --split exclude each other$/,
  ],
  [
    '--bio with -Q',
    [...bin, '--bio', '-Q'],
    2,
    /^biolatency: --bio and --queued exclude each other$/,
  ],
  [
    '--live without a terminal',
    [...bin, '--live'],
    2,
    /^biolatency: --live needs a terminal; --csv or --json do not$/,
  ],
  [
    '--live with --split',
    [...bin, '--live', '--split'],
    2,
    /^biolatency: --live and --split exclude each other$/,
  ],
  [
    'what the records of tracepoints do not tell',
    [...bin, '--plan', 'tracepoint', '--bio'],
    3,
    /^biolatency: cannot run here: tracepoint: its records do not tell which bio ends$/,
  ],
];

describe.each(misuses)('%s', (_, command, code, line) => {
  it('is one line that names the way out', async () => {
    const finished = await host.run(command);
    expect(finished.stderr.trimEnd()).toMatch(line);
    expect(finished).toMatchObject({ code, stdout: '' });
    expect(finished.stderr.match(/\n/g)).toHaveLength(1);
    expect(finished.stderr.length).toBeLessThanOrEqual(161);
    if (command.includes('--live')) return;
    const json = await host.run([...command, '--json']);
    expect(json.code).toBe(code);
    expect(records(json.stdout)).toMatchObject([{ type: 'error', exit: code }]);
  });
});
