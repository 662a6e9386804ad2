import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BpfError } from '../../../src/errors.js';
import type { Report } from '../../../src/report.js';
import { freshKernel } from '../../fixtures/current-kernel.js';
import type { FakeKernel } from '../../fixtures/fake-kernel.js';
import { framed, KEY_ZERO, statsBytes } from '../../fixtures/latency.js';
import { latencyTool } from '../../fixtures/latency-tool.js';

vi.mock('../../../src/native.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../fixtures/current-kernel.js')).mockedNative,
}));
vi.mock('../../../src/system.js', async (original) => ({
  ...(await original<object>()),
  effectiveCapabilities: () => new Set(['BPF']),
}));

let kernel: FakeKernel;
beforeEach(() => {
  kernel = freshKernel();
  kernel.put('stats', KEY_ZERO, statsBytes({ events: 1 }));
});

/** Attached programs that were not detached, and objects that were not closed. */
function leftBehind(): string[] {
  const count = (pattern: RegExp) => kernel.log.filter((entry) => pattern.test(entry)).length;
  const left = [];
  if (count(/^attach /) !== count(/^detach /)) left.push('links');
  if (count(/^open /) > 0 && !kernel.log.includes('close')) left.push('object');
  if (count(/^enableStats/) !== count(/^stats.close/)) left.push('stats');
  return left;
}

describe('a run that is aborted', () => {
  it('before it begins still has its meta and summary', async () => {
    const types = [];
    for await (const { type } of latencyTool()({}, { signal: AbortSignal.abort() }))
      types.push(type);
    expect(types).toEqual(['meta', 'summary']);
    expect(leftBehind()).toEqual([]);
  });

  it('while it waits for a record gives what is left, then its summary', async () => {
    const stop = new AbortController();
    const reports: Report[] = [];
    const run = latencyTool()({}, { signal: stop.signal });
    await run.next();
    const pending = run.next();
    kernel.batches.push(framed({ pid: 7, comm: 'late' }));
    stop.abort();
    reports.push((await pending).value as Report);
    for await (const report of run) reports.push(report);
    expect(reports).toMatchObject([
      { type: 'rows', rows: [{ comm: 'late' }] },
      { type: 'summary', events: 1, reported: 1 },
    ]);
    expect(leftBehind()).toEqual([]);
  });
});

describe('a run that is left early', () => {
  it.each(['meta', 'rows'])('at its %s leaves nothing behind', async (type) => {
    kernel.batches.push(framed({ pid: 7, comm: 'bash' }));
    for await (const report of latencyTool()({ overhead: true })) if (report.type === type) break;
    expect(leftBehind()).toEqual([]);
    expect(kernel.log).toContain('attach start');
  });

  it('while it waits for a record ends at once', async () => {
    const run = latencyTool()();
    await run.next();
    const pending = run.next();
    await run.return?.();
    expect(await pending).toMatchObject({ value: { type: 'summary' } });
    expect(await run.next()).toMatchObject({ done: true });
    expect(leftBehind()).toEqual([]);
  });

  it('before it begins does nothing', async () => {
    await latencyTool()().return?.();
    expect(kernel.log).toEqual([]);
  });
});

describe('a run that fails', () => {
  const failure = async (input: object = {}): Promise<unknown> => {
    try {
      for await (const _ of latencyTool()(input));
    } catch (error) {
      return error;
    }
    return 'it did not fail';
  };

  it.each([
    ['open /nowhere/', 'open', 'ENOENT', 'open failed: ENOENT', 1],
    ['load', 'load', 'EPERM', 'load failed: EPERM; needs CAP_PERFMON; run as root, or grant it', 3],
    [
      'attach start',
      'attach',
      'EACCES',
      'attach failed: EACCES; needs CAP_PERFMON; run as root, or grant it',
      3,
    ],
    ['attach end', 'attach', 'ENOENT', 'attach failed: ENOENT', 3],
    [
      'enableStats',
      'stats',
      'EPERM',
      'stats failed: EPERM; needs CAP_SYS_ADMIN; run as root, or grant it',
      3,
    ],
    ['get stats', 'map', 'EIO', 'map failed: EIO', 1],
    ['detach start', 'attach', 'EIO', 'attach failed: EIO', 1],
  ])('at "%s" throws that error', async (step, op, code, message, exitCode) => {
    kernel.failures[step.startsWith('open') ? 'open' : step] = { op, code };
    const error = await failure({ overhead: true, duration: 0.001 });
    expect(error).toBeInstanceOf(BpfError);
    expect(error).toMatchObject({ message, exitCode });
  });

  it.each(['load', 'attach start', 'attach end', 'detach start', 'synchronize', 'get stats'])(
    'at "%s" closes its object',
    async (step) => {
      kernel.failures[step] = { op: 'load', code: 'EIO' };
      await failure({ duration: 0.001 });
      expect(kernel.log).toContain('close');
    },
  );

  it('on a record shorter than its type leaves nothing behind', async () => {
    const short = framed({ pid: 7, comm: 'bash' });
    short.writeUInt32LE(3, 0);
    kernel.batches.push(short);
    expect(await failure()).toMatchObject({
      name: 'RangeError',
      message: 'ring record of 3 bytes where 20 were expected',
    });
    expect(leftBehind()).toEqual([]);
  });

  it('on an option that is wrong never starts', () => {
    expect(() => latencyTool()({ count: 0 })).toThrow(
      expect.objectContaining({ exitCode: 2, message: 'count must be from 1 to 1000, not 0' }),
    );
    expect(() => latencyTool()({ cuont: 1 } as object)).toThrow('no option "cuont"');
    expect(kernel.log).toEqual([]);
  });
});
