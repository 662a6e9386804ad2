import { describe, expect, it } from 'vitest';
import { type FoldedOptions, folded } from '../../../src/render/folded.js';
import { notice, type StackCount } from '../../../src/report.js';
import { report, sampled, stack } from '../../fixtures/stacks.js';

function lines(options: FoldedOptions, ...entries: StackCount[]): string[] {
  const printed = folded(options).report(report(...entries));
  expect(printed.endsWith('\n')).toBe(true);
  return printed.slice(0, -1).split('\n');
}

const dd = {
  comm: 'dd',
  user: stack('read', null),
  kernel: stack('vfs_read', 'SyS_read', 'entry_SYSCALL_64_fastpath'),
};

describe('folded stacks', () => {
  // Golden text: bcc tools/profile_example.txt (iovisor/bcc 7461bbf7), -f and -adf; equal lines are added up here.
  it("are BCC's, root first, the most frequent last", () => {
    const main = (leaf: string, count: number) =>
      sampled({ comm: 'func_ab', user: stack(leaf, 'main', '__libc_start_main', null), count });
    expect(
      lines({}, main('func_a', 64), main('func_b', 57), main('func_b', 28), main('func_a', 23)),
    ).toEqual([
      'func_ab;[unknown];__libc_start_main;main;func_b 85',
      'func_ab;[unknown];__libc_start_main;main;func_a 87',
    ]);
  });

  it.each([
    [{}, 'dd;[unknown];read;entry_SYSCALL_64_fastpath;SyS_read;vfs_read 1'],
    [{ delimiter: true }, 'dd;[unknown];read;-;entry_SYSCALL_64_fastpath;SyS_read;vfs_read 1'],
    [
      { annotate: true },
      'dd;[unknown];read;entry_SYSCALL_64_fastpath_[k];SyS_read_[k];vfs_read_[k] 1',
    ],
    [
      { annotate: true, delimiter: true },
      'dd;[unknown];read;-;entry_SYSCALL_64_fastpath_[k];SyS_read_[k];vfs_read_[k] 1',
    ],
  ])('with %j', (options, line) => expect(lines(options, sampled(dd))).toEqual([line]));

  it.each([
    ['comm', ['dd;read 2']],
    ['pid', ['dd-7;read 2']],
    ['tid', ['dd-7/7;read 1', 'dd-7/9;read 1']],
    ['container', ['docker:3f2a9c1b7d4e;dd;read 1', '[unknown];dd;read 1']],
  ] as const)('stand on the %s where they are asked to', (root, wanted) => {
    const of = { comm: 'dd', pid: 7, user: stack('read') };
    const container = 'docker:3f2a9c1b7d4e';
    expect(
      lines({ root }, sampled({ ...of, tid: 7, container }), sampled({ ...of, tid: 9 })),
    ).toEqual(wanted);
  });

  it('weigh what they say, off the CPU in microseconds', () => {
    const of = { user: stack('read'), count: 3, offCpuUs: 1500 };
    expect(lines({}, sampled(of), sampled(of))).toEqual(['comm;read 3000']);
  });

  it('mark what was inlined or compiled at run time, and keep the module of what has no name', () => {
    const frame = { address: 1n, name: 'f', module: null } as const;
    const user = [
      { ...frame, name: 'inner', kind: 'inlined' },
      { ...frame, name: 'LFoo;::bar', kind: 'jit' },
      { ...frame, name: 'run', kind: 'interpreted' },
      { ...frame, name: null, module: '/usr/lib/lib;x.so' },
      { ...frame, name: null, module: '[vdso]' },
      { ...frame, name: null },
      frame,
    ] as const;
    const unnamed = 'f;[unknown];[unknown] [vdso];[unknown] [lib:x.so];run';
    expect(lines({ annotate: true }, sampled({ user }))).toEqual([
      `comm;${unnamed};LFoo:::bar_[j];inner_[i] 1`,
    ]);
    expect(lines({}, sampled({ user }))).toEqual([`comm;${unnamed};LFoo:::bar;inner 1`]);
  });

  // bcc tools/profile.py: no delimiter and no _[k] at a stack that was missed.
  it.each([
    ['comm;[Missed User Stack];k_[k] 1', 'missed', stack('k')],
    ['comm;u;[Missed Kernel Stack] 1', stack('u'), 'missed'],
    ['comm;[Missed User Stack];[Missed Kernel Stack] 1', 'missed', 'missed'],
    ['comm;[unknown]_[k];k_[k] 1', null, stack('k', null)],
    ['comm;u 1', stack('u'), null],
    ['comm 1', null, null],
  ] as const)('are %s', (line, user, kernel) => {
    expect(lines({ annotate: true, delimiter: true }, sampled({ user, kernel }))).toEqual([line]);
  });

  it('keep a space in a name and make a semicolon a colon', () => {
    expect(lines({}, sampled({ comm: 'Web Content;1', user: stack('a b;c') }))).toEqual([
      'Web Content:1;a b:c 1',
    ]);
  });

  it('print nothing for other reports', () => {
    expect(folded().report(notice('lost'))).toBe('');
    expect(folded().report(report())).toBe('');
  });
});
