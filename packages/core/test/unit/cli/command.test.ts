import { describe, expect, it, vi } from 'vitest';
import { type CommandState, command } from '../../../src/cli/command.js';
import { BpfError, ToolError, UsageError } from '../../../src/errors.js';
import { complaints } from '../../fixtures/schema.js';
import { errno, streams } from '../../fixtures/standard-streams.js';

/** Runs a command that throws `error`. */
async function failing(error: unknown, state: Partial<CommandState> = {}) {
  await command('sampler', async (given) => {
    Object.assign(given, state);
    throw error;
  });
  return { exitCode: process.exitCode, stderr: streams.stderr.text, stdout: streams.stdout.text };
}

const rejected = new BpfError({
  code: 'EACCES',
  op: 'load',
  subject: 'sample',
  verifierLog: '0: r0 = 0\nR2 !read_ok\n',
});

describe('a command that fails', () => {
  it.each([
    [new ToolError('no process 7'), 1, 'sampler: no process 7\n'],
    [new UsageError('unknown option -z'), 2, 'sampler: unknown option -z\n'],
    [new ToolError('cannot run here', 3), 3, 'sampler: cannot run here\n'],
    [new BpfError({ code: 'EPERM', op: 'load' }), 3, 'sampler: load failed: EPERM\n'],
    [
      rejected,
      3,
      'sampler: load of "sample" failed: EACCES: R2 !read_ok; --verbose shows the log\n',
    ],
    [new TypeError('x is not a function'), 1, 'sampler: internal error: x is not a function\n'],
    ['a string', 1, 'sampler: internal error: a string\n'],
    [undefined, 1, 'sampler: internal error: undefined\n'],
  ])('says %s in one line', async (error, exitCode, stderr) => {
    expect(await failing(error)).toEqual({ exitCode, stderr, stdout: '' });
  });

  it('names the limit where files run out, whoever opens one', async () => {
    const message = "EMFILE: too many open files, open '/dev/urandom'";
    expect(await failing(Object.assign(new Error(message), { code: 'EMFILE' }))).toEqual({
      exitCode: 1,
      stderr: 'sampler: EMFILE: too many open files; raise the limit with ulimit -n\n',
      stdout: '',
    });
  });

  it('knows the errors of another copy of core', async () => {
    vi.resetModules();
    const other = await import('../../../src/errors.js');
    expect(other.UsageError).not.toBe(UsageError);
    expect(await failing(new other.UsageError('unknown option -z'))).toEqual({
      exitCode: 2,
      stderr: 'sampler: unknown option -z\n',
      stdout: '',
    });
    const again = new other.BpfError({ code: 'EACCES', op: 'load', verifierLog: 'R2 !read_ok\n' });
    expect((await failing(again, { verbose: true })).stderr).toMatch(/\nR2 !read_ok\n$/);
  });

  it('shows the log or the stack when verbose', async () => {
    expect((await failing(rejected, { verbose: true })).stderr.split('\n').slice(1)).toEqual([
      '0: r0 = 0',
      'R2 !read_ok',
      '',
    ]);
    expect((await failing(new TypeError('x'), { verbose: true })).stderr).toMatch(
      /sampler: internal error: x\nTypeError: x\n {4}at /,
    );
    streams.stderr.text = '';
    expect((await failing(new ToolError('x'), { verbose: true })).stderr).toBe('sampler: x\n');
  });

  it.each([
    [new ToolError('no process 7'), { message: 'no process 7', exit: 1 }],
    [
      new BpfError({ code: 'EPERM', op: 'load' }),
      { message: 'load failed: EPERM', code: 'EPERM', exit: 3 },
    ],
    [new TypeError('x'), { message: 'internal error: x', exit: 1 }],
  ])('prints %s as the last record of JSON', async (error, record) => {
    const { stdout } = await failing(error, { json: true });
    expect(JSON.parse(stdout)).toEqual({ type: 'error', ...record });
    expect(complaints(JSON.parse(stdout))).toEqual([]);
  });

  it.each([
    ['long', `${'a'.repeat(400)}; run as root`],
    ['just too long', `${'a'.repeat(139)}; run as root`],
    ['of many lines', `${'line\n'.repeat(100)}; run as root`],
    ['of control characters', `${'\u001b[2J\u202e'.repeat(50)}; run as root`],
  ])('keeps a message %s in 160 columns, with the way out', async (_, message) => {
    const { stderr } = await failing(new ToolError(message));
    expect(stderr).toMatch(/^sampler: [^\n]*; run as root\n$/);
    expect(stderr.length).toBeLessThanOrEqual(161);
    expect(stderr.slice(0, -1)).toMatch(/^[ -~]*$/);
  });
});

/** Runs a command that must not fail: what it throws, a failed expectation too, would only be printed. */
async function completed(body: (state: CommandState) => Promise<void>): Promise<void> {
  let thrown: unknown;
  await command('sampler', async (state) => {
    try {
      await body(state);
    } catch (error) {
      thrown = error;
    }
    return 0;
  });
  if (thrown !== undefined) throw thrown;
}

describe('a command', () => {
  it('that is done leaves the exit code and the signals as they were', async () => {
    const before = process.listenerCount('SIGTERM');
    await completed(async () => {
      expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    });
    expect(process.listenerCount('SIGTERM')).toBe(before);
    expect(process.exitCode).toBeUndefined();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends normally on %s', async (signal) => {
    const ended = vi.fn();
    await completed(async ({ stop }) => {
      stop.signal.addEventListener('abort', ended);
      process.emit(signal, signal);
    });
    expect(ended).toHaveBeenCalledOnce();
    expect(process.exitCode).toBeUndefined();
    expect(streams.stderr.text).toBe('');
  });

  it('stops at once on the second signal, by that signal', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    await completed(async () => {
      process.emit('SIGINT', 'SIGINT');
      expect(kill).not.toHaveBeenCalled();
      const others = process.listenerCount('SIGTERM');
      process.emit('SIGTERM', 'SIGTERM');
      expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGTERM');
      expect(process.listenerCount('SIGTERM')).toBe(others - 1);
    });
  });

  it('takes the same signal right behind the first for its echo', async () => {
    vi.useFakeTimers();
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    await completed(async () => {
      process.emit('SIGINT', 'SIGINT');
      await vi.advanceTimersByTimeAsync(199);
      process.emit('SIGINT', 'SIGINT');
      expect(kill).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(2);
      process.emit('SIGINT', 'SIGINT');
      expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGINT');
    });
  });

  it('ends with the npx above it', async () => {
    vi.useFakeTimers();
    vi.stubEnv('npm_command', 'exec');
    const parent = vi.spyOn(process, 'ppid', 'get').mockReturnValue(100);
    await completed(async ({ stop }) => {
      await vi.advanceTimersByTimeAsync(5000);
      expect(stop.signal.aborted).toBe(false);
      parent.mockReturnValue(1);
      await vi.advanceTimersByTimeAsync(1000);
      expect(stop.signal.aborted).toBe(true);
    });
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it('takes a reader that went away as a normal end', async () => {
    streams.stdout.failure = errno('EPIPE');
    streams.stderr.failure = errno('EPIPE');
    await completed(async () => {
      process.stdout.write('help');
      process.stderr.write('a word');
      await new Promise((resolve) => setImmediate(resolve));
    });
    expect(process.exitCode).toBeUndefined();
  });

  it('says once that standard output cannot be written', async () => {
    streams.stdout.failure = errno('ENOSPC');
    await completed(async () => {
      for (let i = 0; i < 3; i++) process.stdout.write('help');
      await new Promise((resolve) => setImmediate(resolve));
    });
    expect(process.exitCode).toBe(1);
    expect(streams.stderr.text).toBe('sampler: cannot write standard output: ENOSPC\n');
  });
});
