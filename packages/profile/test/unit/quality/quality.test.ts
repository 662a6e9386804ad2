import type { Frame, JvmAnswer, Stack, StackCount } from '@probekit/core';
import { describe, expect, it } from 'vitest';
import { verdict } from '../../../src/quality/goodness.js';
import { qualityOf } from '../../../src/quality/quality.js';
import { sinceStart } from '../../../src/quality/starts.js';

/** No process of this machine. */
const NOBODY = 4_194_999;

/** Leaf first; `?` has no name, and what follows a colon is the module. */
function stack(...frames: string[]): Frame[] {
  return frames.map((text) => {
    const [name, module] = text.split('|') as [string, string | undefined];
    return { address: 1n, name: name === '?' ? null : name, module: module ?? null };
  });
}

function entry(user: Stack, fields: Partial<StackCount> = {}): StackCount {
  return {
    pid: NOBODY,
    tid: NOBODY,
    comm: 'x',
    user,
    kernel: null,
    truncated: false,
    count: 1,
    ...fields,
  };
}

function remedyOf(entries: StackCount[], jvm: JvmAnswer | null | undefined = undefined) {
  const jvms = jvm === null ? undefined : new Map(jvm ? [[NOBODY, jvm]] : []);
  return qualityOf(entries, { jvms, limit: 127 }).processes[0]?.remedy;
}

describe('a stack', () => {
  const cases: [string, StackCount, string][] = [
    ['from main', entry(stack('f', 'main', '__libc_start_call_main')), 'complete'],
    ['of a versioned start', entry(stack('f', '__libc_start_main@@GLIBC_2.34')), 'complete'],
    ['of a goroutine', entry(stack('main.f', 'runtime.goexit.abi0')), 'complete'],
    ['of the kernel alone', entry(null, { kernel: stack('schedule') }), 'complete'],
    ['without its root', entry(stack('f', 'g')), 'truncated'],
    ['whose start is in the middle', entry(stack('_start', 'g')), 'truncated'],
    ['without a frame', entry([]), 'truncated'],
    ['that was missed', entry('missed'), 'truncated'],
    ['whose kernel part was missed', entry(null, { kernel: 'missed' }), 'truncated'],
    ['at the limit', entry(stack('_start'), { truncated: true }), 'truncated'],
    ['with a nameless frame', entry(stack('?', '_start')), 'unresolved'],
    ['with a nameless kernel frame', entry(null, { kernel: stack('?') }), 'unresolved'],
    ['with neither', entry(stack('?', '?')), 'truncated'],
  ];
  for (const [what, given, wanted] of cases) {
    it(`${what} is ${wanted}`, () => expect(verdict(given)).toBe(wanted));
  }
});

describe('what lies beyond the beginning of a stack', () => {
  const since = (...frames: string[]) => sinceStart(stack(...frames)).map(({ name }) => name);

  it('is chance, and left out', () => {
    const main = ['f', 'main', '__libc_start_call_main'];
    expect(since(...main, 'register_tm_clones', '?')).toEqual(main);
    expect(since('f', 'start_thread', '?')).toEqual(['f', 'start_thread']);
  });

  it('is kept where it is a beginning too, or where nothing begins', () => {
    const kept = [
      ['f', 'main', '__libc_start_call_main', '__libc_start_main@@GLIBC_2.34', '_start'],
      ['f', 'start_thread', 'clone3'],
      ['f', '?', 'g'],
      // What calls it makes a thread.
      ['clone3', 'pthread_create', 'main', '_start'],
    ];
    for (const frames of kept) {
      expect(since(...frames)).toEqual(frames.map((name) => (name === '?' ? null : name)));
    }
  });
});

describe('the remedy', () => {
  const jvm = (fields: Partial<JvmAnswer> = {}): JvmAnswer => ({
    pid: NOBODY,
    version: 17,
    arguments: '',
    ...fields,
  });
  const broken = entry(stack('int f(int)|[anon]', '?|[anon]'));
  const nameless = entry(stack('?|[anon]', 'JavaMain|/x/libjli.so', 'start_thread'));
  const cases: [string, string | null | undefined, string | null][] = [
    ['of a good stack', remedyOf([entry(stack('f', '_start'))]), null],
    ['of a JVM without frame pointers', remedyOf([broken], jvm()), 'add -XX:+PreserveFramePointer'],
    [
      'of a JVM with them that cannot be asked',
      remedyOf([nameless], jvm({ arguments: '-XX:+PreserveFramePointer', reason: 'it hangs' })),
      'its methods have no names: it hangs',
    ],
    [
      'of a JVM that was not to be asked',
      remedyOf([entry(stack('?|[anon]', 'f|/x/libjvm.so', 'start_thread'))], null),
      'leave out --no-java, so that it is asked for the names of its methods',
    ],
    [
      'of a JVM that has exited',
      remedyOf([entry(stack('?|[anon]', 'f|/x/libjvm.so', 'start_thread'))]),
      'its methods have no names: it exited before it could be asked',
    ],
    [
      'of node',
      remedyOf([entry(stack('?|[anon]', 'node::Start|/usr/bin/node', '_start'))]),
      'run it with --perf-basic-prof --interpreted-frames-native-stack',
    ],
    [
      'of .NET',
      remedyOf([entry(stack('?|[anon]', 'f|/x/libcoreclr.so', '_start'))]),
      'set DOTNET_PerfMapEnabled=1 for it',
    ],
    [
      'of Python',
      remedyOf([entry(stack('f|/usr/bin/python3.12', '?'))]),
      'it takes both -X perf and a Python built with -fno-omit-frame-pointer',
    ],
    [
      'of an old Python',
      remedyOf([entry(stack('f|/usr/lib/libpython3.11.so.1.0', '?'))]),
      'Python 3.12 and later, built with -fno-omit-frame-pointer, has -X perf',
    ],
    [
      'of some other compiler',
      remedyOf([entry(stack('?|[anon]', 'main', '_start'))]),
      'have its compiler write /tmp/perf-PID.map, as node, Java and .NET can',
    ],
    [
      'of code without frame pointers',
      remedyOf([entry(stack('f|/x/app', 'g|/x/lib.so', '?'))]),
      'build lib.so with -fno-omit-frame-pointer',
    ],
    [
      'of stripped code',
      remedyOf([entry(stack('?|/x/app', '_start|/x/app'))]),
      'install the debug symbols of app, or do not strip it',
    ],
    [
      'of a process that has exited',
      remedyOf([entry(stack('?', '_start'))]),
      'its code was gone before it could be read',
    ],
    ['of a full map', remedyOf([entry('missed')]), 'raise --stack-storage-size'],
    [
      'of a deep stack',
      remedyOf([entry(stack('f'), { truncated: true })]),
      'deeper than 127 frames, and no kernel walks more',
    ],
    [
      'of two faults is that of the more frequent one, and the other if it matters',
      remedyOf([
        entry(stack('f|/x/a', '?'), { count: 5 }),
        entry(stack('?|/x/b', '_start'), { count: 3 }),
        entry('missed'),
      ]),
      'build a with -fno-omit-frame-pointer; install the debug symbols of b, or do not strip it',
    ],
  ];
  for (const [what, given, wanted] of cases) {
    it(what, () => expect(given).toBe(wanted));
  }
});

describe('the quality of a run', () => {
  it('adds up, by process too, the worst first', () => {
    const good = entry(stack('_start'), { count: 7, pid: NOBODY + 1, comm: 'good' });
    const bad = entry(stack('?', '_start'), { count: 2, comm: 'bad' });
    const worse = entry(stack('f'), { count: 3, comm: 'worse' });
    const quality = qualityOf([good, bad, worse], { jvms: new Map(), limit: 127 });
    expect(quality).toMatchObject({ samples: 12, complete: 7, truncated: 3, unresolved: 2 });
    expect(quality.processes).toMatchObject([
      { pid: NOBODY, name: 'worse', samples: 5, complete: 0, truncated: 3, unresolved: 2 },
      { pid: NOBODY + 1, name: 'good', samples: 7, complete: 7, remedy: null },
    ]);
  });
});
