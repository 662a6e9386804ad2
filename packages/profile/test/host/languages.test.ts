import { rmSync } from 'node:fs';
import type { ProcessQuality, Quality, StackCount, Summary } from '@probekit/core';
import { host, type Started } from '@probekit/core/testing';
import { profile } from '@probekit/profile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as languages from '../fixtures/languages.js';

const HZ = 499;
const SECONDS = 10;

/** A program that splits its time between two functions, and says how. */
interface Spinner {
  readonly command: readonly string[];
  readonly hot: string;
  readonly cold: string;
  /** Of its main thread, where its pid is not that of what was started. */
  readonly comm?: string;
  /** Each line is of another process, and tells of that alone. */
  readonly isAgainAndAgain?: boolean;
}

const directory = languages.buildDirectory();
const python = languages.python();

function spinners(): Record<string, Spinner> {
  const c = languages.c();
  const jvm = languages.java(directory);
  const ofC = { hot: 'hot', cold: 'cold' };
  const ofJava = { hot: 'void Spin.hot(long)', cold: 'void Spin.cold(long)' };
  const script = '/test/workloads/languages/spin.cjs';
  // Its own file system, in which nothing is but the program, and its own pids.
  const contained = `mount -t tmpfs none "$1" && cp "$0" "$1/contained" && exec chroot "$1" /contained`;
  const again = 'while :; do "$0" 50; done';
  return {
    C: { command: [c], ...ofC },
    'C++': {
      command: [languages.cpp(directory)],
      hot: 'Worker<long>::hot(long)',
      cold: 'Worker<long>::cold(long)',
    },
    Rust: {
      command: [languages.rust(directory)],
      hot: 'spin::work::hot',
      cold: 'spin::work::cold',
    },
    Go: { command: [languages.go(directory)], hot: 'main.hot', cold: 'main.cold' },
    'a JVM with frame pointers': { command: jvm('-XX:+PreserveFramePointer'), ...ofJava },
    'a JVM without frame pointers': { command: jvm(), ...ofJava },
    'Node with a perf map': {
      command: languages.node('--perf-basic-prof', '--interpreted-frames-native-stack'),
      hot: `hot ${languages.directory}${script}`,
      cold: `cold ${languages.directory}${script}`,
    },
    'a static program in namespaces of its own': {
      command: [
        ...['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', contained],
        ...[languages.staticC(), languages.emptyDirectory(directory)],
      ],
      comm: 'contained',
      ...ofC,
    },
    'a process of 50 ms, again and again': {
      command: ['bash', '-c', again, languages.copy(c, directory, 'brief')],
      comm: 'brief',
      isAgainAndAgain: true,
      ...ofC,
    },
  };
}

/** CPU time of hot and cold in ns, as printed until now; of all lines together for processes that end. */
function spent(printed: string, { isAgainAndAgain }: Spinner): [number, number] {
  const lines = [...printed.matchAll(/^spent (\d+) (\d+)$/gm)].map(
    ([, hot, cold]) => [Number(hot), Number(cold)] as [number, number],
  );
  if (!isAgainAndAgain) return lines.at(-1) ?? [0, 0];
  return lines.reduce(([a, b], [hot, cold]) => [a + hot, b + cold], [0, 0]);
}

interface Running {
  readonly spinner: Spinner;
  readonly started: Started;
  printed: string;
  before: [number, number];
  after: [number, number];
}

describe('one run over programs of all kinds', () => {
  const running = new Map<string, Running>();
  let pythonStarted: Started;
  let nodeWithout: Started;
  const entries: StackCount[] = [];
  let quality: Quality;
  let summary: Summary;

  beforeAll(async () => {
    for (const [name, spinner] of Object.entries(spinners())) {
      const own: Running = {
        spinner,
        started: host.start(spinner.command, {
          cwd: directory,
          onOutput: (stream, text) => {
            if (stream === 'stdout') own.printed += text;
          },
        }),
        printed: '',
        before: [0, 0],
        after: [0, 0],
      };
      running.set(name, own);
    }
    pythonStarted = host.start(python.command, { cwd: directory });
    nodeWithout = host.start(languages.node(), { cwd: directory });
    // Compilers have done their work by then.
    const begun = /(?:spent \d+ \d+\n[\s\S]*?){8}/;
    const all = [...running.values()].map(({ started }) => started);
    await Promise.all([...all, pythonStarted, nodeWithout].map(({ waitFor }) => waitFor(begun)));
    for await (const report of profile({ frequency: HZ, duration: SECONDS })) {
      if (report.type === 'meta') {
        for (const one of running.values()) one.before = spent(one.printed, one.spinner);
      } else if (report.type === 'stacks') {
        for (const one of running.values()) one.after = spent(one.printed, one.spinner);
        entries.push(...report.entries);
      } else if (report.type === 'quality') quality = report;
      else if (report.type === 'summary') summary = report;
    }
  }, 120_000);

  afterAll(async () => {
    const all = [
      ...[...running.values()].map(({ started }) => started),
      pythonStarted,
      nodeWithout,
    ];
    for (const started of all) started.signal('SIGKILL');
    await Promise.all(all.map(({ done }) => done));
    for (const { pid } of all) {
      for (const name of [`perf-${pid}.map`, `.java_pid${pid}`])
        rmSync(`/tmp/${name}`, { force: true });
    }
    rmSync(directory, { recursive: true });
  });

  function entriesOf(name: string): StackCount[] {
    const { spinner, started } = running.get(name) as Running;
    return entries.filter(({ pid, comm }) =>
      spinner.comm ? comm === spinner.comm : pid === started.pid,
    );
  }

  function qualityOf(pid: number): ProcessQuality {
    const found = quality.processes.find((process) => process.pid === pid);
    if (!found) throw new Error(`no sample of ${pid}`);
    return found;
  }

  /** How many of some samples have a frame of that name. JVMs and V8 say more than the name. */
  function count(of: readonly StackCount[], wanted: string): number {
    const has = (name: string | null) =>
      name === wanted ||
      (name?.replace(/^JS:[*^+~]/, '').replace(/:\d+:\d+$/, '') ?? '') === wanted;
    return of
      .filter(({ user }) => Array.isArray(user) && user.some(({ name }) => has(name)))
      .reduce((sum, entry) => sum + entry.count, 0);
  }

  const NAMES = [
    'C',
    'C++',
    'Rust',
    'Go',
    'a JVM with frame pointers',
    'a JVM without frame pointers',
    'Node with a perf map',
    'a static program in namespaces of its own',
    'a process of 50 ms, again and again',
  ];

  it.each(NAMES)('shows the hot function of %s by name, with its share', (name) => {
    const { spinner, before, after } = running.get(name) as Running;
    const own = entriesOf(name);
    const hot = count(own, spinner.hot);
    const n = hot + count(own, spinner.cold);
    const all = own.reduce((sum, entry) => sum + entry.count, 0);
    const [ofHot, ofCold] = [after[0] - before[0], after[1] - before[1]];
    const p = ofHot / (ofHot + ofCold);
    const seen = `${hot} of ${n} of ${all}, truth ${p}`;
    expect(n, seen).toBeGreaterThan(100);
    // What else it does: starting, compiling, collecting garbage, writing lines.
    expect(n, seen).toBeGreaterThan(all * 0.75);
    expect(Math.abs(hot / n - p), seen).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
  });

  it('says that nearly all stacks of native code are complete', () => {
    for (const name of ['C', 'C++', 'Rust', 'Go']) {
      const { samples, complete, remedy } = qualityOf((running.get(name) as Running).started.pid);
      expect(complete, `${name}: ${remedy}`).toBeGreaterThan(samples * 0.95);
    }
  });

  it('says what a JVM without frame pointers lacks, and one with them does not', () => {
    const pidOf = (name: string) => (running.get(name) as Running).started.pid;
    const without = qualityOf(pidOf('a JVM without frame pointers'));
    expect(without.truncated).toBeGreaterThan(without.samples / 2);
    expect(without.remedy).toContain('add -XX:+PreserveFramePointer');
    const withThem = qualityOf(pidOf('a JVM with frame pointers'));
    expect(withThem.complete).toBeGreaterThan(withThem.samples * 0.8);
    expect(withThem.remedy ?? '').not.toContain('PreserveFramePointer');
  });

  it('says what Node without a perf map lacks, and one with it does not', () => {
    const without = qualityOf(nodeWithout.pid);
    expect(without.unresolved).toBeGreaterThan(without.samples * 0.75);
    expect(without.remedy).toContain(
      'run it with --perf-basic-prof --interpreted-frames-native-stack',
    );
    const withIt = qualityOf((running.get('Node with a perf map') as Running).started.pid);
    expect(withIt.complete).toBeGreaterThan(withIt.samples * 0.75);
    expect(withIt.remedy ?? '').not.toContain('--perf-basic-prof');
  });

  it('shows Python functions where it can, and else says why not', () => {
    const own = entries.filter(({ pid }) => pid === pythonStarted.pid);
    const { samples, complete, truncated, remedy } = qualityOf(pythonStarted.pid);
    expect(samples).toBeGreaterThan(100);
    const script = `${languages.directory}/test/workloads/languages/spin.py`;
    if (python.hasPerf && python.hasFramePointers) {
      expect(count(own, `py::hot:${script}`)).toBeGreaterThan(samples * 0.5);
      expect(complete).toBeGreaterThan(samples * 0.5);
    } else if (python.hasPerf) {
      expect(truncated).toBeGreaterThan(samples / 2);
      expect(remedy).toContain('it takes both -X perf and a Python built with');
    } else {
      expect(complete).toBeLessThan(samples);
      expect(remedy).toContain('Python 3.12 and later');
    }
  });

  it('adds up: of all stacks, by process, and in the summary', () => {
    const sum = (key: 'samples' | 'complete' | 'truncated' | 'unresolved') =>
      quality.processes.reduce((total, process) => total + process[key], 0);
    for (const key of ['samples', 'complete', 'truncated', 'unresolved'] as const) {
      expect(sum(key)).toBe(quality[key]);
    }
    expect(quality.samples).toBe(summary.reported);
    expect(quality.complete + quality.truncated + quality.unresolved).toBe(quality.samples);
    expect(summary.quality).toMatchObject({ complete: quality.complete });
  });
});
