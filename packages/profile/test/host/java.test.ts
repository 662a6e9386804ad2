import { existsSync, readdirSync, rmSync } from 'node:fs';
import type { Quality, StackCount } from '@probekit/core';
import { host, type Started } from '@probekit/core/testing';
import { profile } from '@probekit/profile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as languages from '../fixtures/languages.js';

const directory = languages.buildDirectory(0o755);
const jvm = languages.java(directory);
const NOBODY = 65534;
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
/** Users, pids and /tmp of its own, in which its user is root and has pid 1. */
function contained(command: readonly string[]): string[] {
  const classes = command.at(-2) as string;
  const own = [
    'unshare',
    '--user',
    '--map-root-user',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
  ];
  const script =
    'mount -t tmpfs none /mnt && cp -r "$0" /mnt/classes && mount -t tmpfs none /tmp && exec "$@"';
  const inside = command.map((word) => (word === classes ? '/mnt/classes' : word));
  return [...asNobody, ...own, 'sh', '-c', script, classes, ...inside];
}

/** Whose names are told, and of the rest why not. */
const CASES = {
  ours: { command: jvm(), reason: null },
  nobody: { command: [...asNobody, ...jvm()], reason: null },
  contained: { command: contained(jvm()), reason: null },
  'with its signals given up': { command: jvm('-Xrs'), reason: null },
  'closed to attachments': {
    command: jvm('-XX:+DisableAttachMechanism', '-XX:+PreserveFramePointer'),
    reason: 'it was started with -XX:+DisableAttachMechanism',
  },
  'that says nothing of itself': {
    command: jvm('-XX:-UsePerfData', '-XX:+PreserveFramePointer'),
    reason: 'nobody can tell whether it takes attachments',
  },
} as const;
type Case = keyof typeof CASES;
const cases = Object.keys(CASES) as Case[];

/** Handles the signal, and is no JVM. */
const trapper = ['bash', '-c', 'trap "echo signalled" QUIT; echo ready; while :; do :; done'];

describe('JVMs', () => {
  const started = new Map<Case, Started>();
  const pids = new Map<Case, number>();
  const entries: StackCount[] = [];
  let trap: Started;
  let stopped: Started;
  let quality: Quality;
  let took = 0;

  beforeAll(async () => {
    for (const name of cases) started.set(name, host.start(CASES[name].command));
    trap = host.start(trapper);
    stopped = host.start(jvm());
    await trap.waitFor(/ready/);
    for (const one of [...started.values(), stopped])
      await one.waitFor(/(?:spent \d+ \d+\n[\s\S]*?){4}/);
    stopped.signal('SIGSTOP');
    for (const [name, { pid }] of started) {
      const children = await host.read(`/proc/${pid}/task/${pid}/children`);
      pids.set(name, name === 'contained' ? Number(children) : pid);
    }
    const pid = [...pids.values(), trap.pid, stopped.pid];
    const begun = performance.now();
    for await (const report of profile({ frequency: 499, duration: 3, pid })) {
      if (report.type === 'stacks') entries.push(...report.entries);
      else if (report.type === 'quality') quality = report;
    }
    took = performance.now() - begun;
  });

  const all = () => [...started.values(), trap, stopped];

  afterAll(async () => {
    const sockets = [...pids.values(), stopped.pid].map((pid) => `/tmp/.java_pid${pid}`);
    for (const one of all()) one.signal('SIGKILL');
    await Promise.all(all().map(({ done }) => done));
    for (const socket of sockets) rmSync(socket, { force: true });
    rmSync(directory, { recursive: true });
  });

  const samples = (name: Case, wanted: RegExp) =>
    entries
      .filter(({ pid, user }) => {
        const leaf = Array.isArray(user) ? user[0] : undefined;
        return pid === pids.get(name) && wanted.test(leaf?.name ?? '[unknown]');
      })
      .reduce((sum, { count }) => sum + count, 0);

  it.each(cases.filter((name) => CASES[name].reason === null))('one %s tells its names', (name) => {
    expect(samples(name, /^void Spin\.(hot|cold)\(long\)$/)).toBeGreaterThan(50);
  });

  it.each(cases.filter((name) => CASES[name].reason !== null))(
    'one %s is let alone',
    async (name) => {
      expect(samples(name, /Spin/)).toBe(0);
      const found = quality.processes.find(({ pid }) => pid === pids.get(name));
      expect(found?.remedy).toContain(`its methods have no names: ${CASES[name].reason}`);
    },
  );

  it('print no threads, which would show that a signal came unasked', async () => {
    for (const one of all()) one.signal('SIGKILL');
    for (const { done } of all()) {
      const { stdout, stderr } = await done;
      expect(stdout + stderr).not.toMatch(/thread dump|signalled/i);
    }
  });

  it('that are stopped hold nobody up', () => expect(took).toBeLessThan(3000 + 2 * 2000 + 4000));

  it('keep nothing of it but their sockets', () => {
    const left = readdirSync('/tmp').filter((name) =>
      [...pids.values(), stopped.pid, 1].some(
        (pid) => name === `.attach_pid${pid}` || name === `perf-${pid}.map`,
      ),
    );
    expect(left).toEqual([]);
  });

  it('are not asked with --no-java', async () => {
    const one = host.start(jvm());
    await one.waitFor(/spent/);
    for await (const report of profile({ duration: 1, pid: [one.pid], noJava: true })) {
      if (report.type === 'quality') {
        expect(report.processes[0]?.remedy).toContain('leave out --no-java');
      }
    }
    expect(existsSync(`/tmp/.java_pid${one.pid}`)).toBe(false);
    one.signal('SIGKILL');
    await one.done;
  });
});
