import { describe, expect, it } from 'vitest';
import { text } from '../../../src/render/text.js';
import { report, sampled, stack } from '../../fixtures/stacks.js';

// Golden text: bcc tools/profile_example.txt (iovisor/bcc 7461bbf7), the first and the -d example.
const READ = [
  '__clear_user',
  'iov_iter_zero',
  'read_iter_zero',
  '__vfs_read',
  'vfs_read',
  'sys_read',
  'entry_SYSCALL_64_fastpath',
];
const MAIN = ['func_a', 'main', '__libc_start_main', null];

const FIRST = `    [unknown]
    [unknown]
    -                sign-file (8877)
        1

    __clear_user
    iov_iter_zero
    read_iter_zero
    __vfs_read
    vfs_read
    sys_read
    entry_SYSCALL_64_fastpath
    read
    -                dd (25036)
        4

    func_a
    main
    __libc_start_main
    [unknown]
    -                func_ab (13549)
        5

`;

const DELIMITED = `    __clear_user
    iov_iter_zero
    read_iter_zero
    __vfs_read
    vfs_read
    sys_read
    entry_SYSCALL_64_fastpath
    --
    read
    -                dd (25036)
        9

`;

const dd = { pid: 25036, comm: 'dd', user: stack('read'), kernel: stack(...READ) };

describe('stacks as text', () => {
  it("are BCC's, the most frequent last", () => {
    const printed = text().report(
      report(
        sampled({ pid: 13549, comm: 'func_ab', user: stack(...MAIN), count: 5 }),
        sampled({ pid: 8877, comm: 'sign-file', user: stack(null, null), count: 1 }),
        sampled({ ...dd, count: 4 }),
      ),
    );
    expect(printed).toBe(FIRST);
  });

  it('have -- between kernel and user frames with the delimiter', () => {
    expect(text({ delimiter: true }).report(report(sampled({ ...dd, count: 9 })))).toBe(DELIMITED);
  });

  // bcc tools/profile.py: the delimiter needs two stack ids that are no errors.
  it.each([
    [
      'a missed user stack',
      { kernel: stack('a'), user: 'missed' as const },
      ['a', '[Missed User Stack]'],
    ],
    [
      'a missed kernel stack',
      { kernel: 'missed' as const, user: stack('b') },
      ['[Missed Kernel Stack]', 'b'],
    ],
    ['no user stack', { kernel: stack('a'), user: null }, ['a']],
    ['no kernel stack', { kernel: null, user: stack('b') }, ['b']],
  ])('have no delimiter with %s', (_, stacks, names) => {
    const frames = names.map((name) => `    ${name}\n`).join('');
    expect(text({ delimiter: true }).report(report(sampled(stacks)))).toBe(
      `${frames}    -                comm (1)\n        1\n\n`,
    );
  });

  it('that look the same are one, their counts added up', () => {
    const printed = text().report(
      report(
        sampled({ ...dd, tid: 1, count: 2 }),
        sampled({ ...dd, tid: 2, count: 3 }),
        sampled({ user: stack('x'), count: 4 }),
      ),
    );
    expect(printed.match(/^ {8}\d+$/gm)).toEqual(['        4', '        5']);
  });

  it('keep processes of the same name apart', () => {
    const printed = text().report(
      report(sampled({ pid: 1, user: stack('x') }), sampled({ pid: 2, user: stack('x') })),
    );
    expect(printed.match(/\(\d\)/g)).toEqual(['(1)', '(2)']);
  });
});
