import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entries, failure, load, native } from './fixture.js';

const libc = readFileSync('/proc/self/maps', 'utf8').match(/\/\S*libc\.so\S*/)?.[0] as string;

describe('perf_event', () => {
  it('runs as often as the frequency says, and tells what it counted', async () => {
    const object = await load();
    const link = await object.attach('sample', { kind: 'perf_event', frequency: 999, cpu: 0 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await link.close();
    const { kind, missed, count = 0, enabledNs = 0, runningNs } = link.info();
    expect({ kind, missed, runningNs }).toEqual({
      kind: 'perf_event',
      missed: null,
      runningNs: enabledNs,
    });
    // cpu-clock counts the nanoseconds for which it was enabled.
    expect(count / enabledNs).toBeCloseTo(1, 2);
    const runs = entries(await object.map('counts').snapshot()).get(0);
    // An idle CPU without a tick may sample later, never more often.
    expect(runs).toBeLessThanOrEqual((enabledNs / 1e9) * 999 * 1.02);
    expect(runs).toBeGreaterThan((enabledNs / 1e9) * 999 * 0.5);
    expect(link.info().count).toBe(count);
    await object.close();
  });

  it('refuses what cannot be', async () => {
    const object = await load();
    const open = (target: object) =>
      failure(() => object.attach('sample', { kind: 'perf_event', ...target }));
    expect(await open({ frequency: 99 })).toMatchObject({ code: 'EINVAL', op: 'attach' });
    expect(await open({ frequency: 1e7, cpu: 0 })).toMatchObject({
      code: 'EINVAL',
      op: 'perf_event_open',
    });
    expect(await open({ frequency: 99, cpu: 100_000 })).toMatchObject({ subject: 'sample' });
    await object.close();
  });
});

describe('uprobes', () => {
  it('counts calls by cookie, also of a library that has no symbol table', async () => {
    const object = await load({ programs: ['on_uprobe', 'on_uprobe_multi'] });
    const counted = async () => entries(await object.map('counts').snapshot());
    await object.attach('on_uprobe', { kind: 'uprobe', path: libc, name: 'getpgid', cookie: 11n });
    await object.attach('on_uprobe_multi', {
      kind: 'uprobe_multi',
      path: libc,
      symbols: ['getpgid', 'setpgid'],
      cookies: new BigUint64Array([21n, 22n]),
    });
    const before = await counted();
    execFileSync('perl', ['-e', 'getpgrp(0) for 1..1000']);
    const after = await counted();
    const more = (key: number) => (after.get(key) ?? 0) - (before.get(key) ?? 0);
    expect([more(11), more(21), more(22)]).toEqual([1000, 1000, 0]);
    const missing = await failure(() =>
      object.attach('on_uprobe_multi', { kind: 'uprobe_multi', path: libc, symbols: ['nothing'] }),
    );
    expect(missing).toMatchObject({ code: 'ENOENT', detail: `${libc} has no symbol nothing` });
    await object.close();
  });
});

describe.each([
  ['uprobe', 'on_uprobe'],
  ['uprobe_multi', 'on_uprobe_multi'],
] as const)('%s at many functions', (kind, program) => {
  const { names, offsets } = native.elfFunctions(libc);
  const at = (name: string) => offsets[names.indexOf(name)] as bigint;

  it('leaves out those that the kernel refuses, and says which', async () => {
    const object = await load({ programs: [program] });
    const places = BigUint64Array.of(at('getpgid'), 1n << 40n, at('setpgid'));
    const cookies = BigUint64Array.of(31n, 32n, 33n);
    const target = { kind, path: libc, offsets: places, cookies };
    expect(await failure(() => object.attach(program, target))).toMatchObject({ code: 'EINVAL' });
    const link = await object.attach(program, { ...target, partial: true });
    execFileSync('perl', ['-e', 'getpgrp(0) for 1..100; setpgrp(0, 0) for 1..10']);
    expect(link.info().refused).toMatchObject([{ index: 1, code: 'EINVAL' }]);
    const counts = entries(await object.map('counts').snapshot());
    expect(counts.get(31)).toBeGreaterThanOrEqual(100);
    expect(counts.get(33)).toBeGreaterThanOrEqual(10);
    expect(counts.get(32)).toBeUndefined();
    await link.close();
    expect(link.info()).toMatchObject({ kind, missed: 0 });
    await object.close();
  });

  it('fails where nothing can be attached at all', async () => {
    const object = await load({ programs: [program] });
    const target = { kind, path: libc, offsets: BigUint64Array.of(1n << 40n), partial: true };
    expect(await failure(() => object.attach(program, target))).toMatchObject({ code: 'EINVAL' });
    await object.close();
  });
});

describe('tables of functions', () => {
  it("an ELF file's has offsets, and knows what is indirect", () => {
    const { names, offsets, indirect, native: isNative, go } = native.elfFunctions(libc);
    expect([isNative, go]).toEqual([true, false]);
    expect(names).toEqual([...names].sort((a, b) => (a < b ? -1 : 1)));
    expect(offsets).toHaveLength(names.length);
    expect(indirect[names.indexOf('memcpy')]).toBe(1);
    expect(indirect[names.indexOf('malloc')]).toBe(0);
  });

  it("the kernel's has each function of kallsyms", () => {
    const { names, modules, addresses } = native.kernelFunctions();
    const lines = readFileSync('/proc/kallsyms', 'utf8').matchAll(/^(\S+) [tT] vfs_read$/gm);
    const [[, address] = []] = lines;
    const i = names.indexOf('vfs_read');
    expect(addresses[i]).toBe(BigInt(`0x${address}`));
    expect(modules[i]).toBe('');
  });

  it('system calls have numbers of either kind of program', () => {
    expect(native.systemCalls()).toMatchObject(process.arch === 'x64' ? { read: 0 } : { read: 63 });
    if (process.arch === 'x64') expect(native.systemCalls(true)).toMatchObject({ read: 3 });
  });
});

describe('tracepoints and kprobes', () => {
  it('attaches raw tracepoints', async () => {
    const object = await load({ programs: ['on_raw_tracepoint'] });
    const link = await object.attach('on_raw_tracepoint', {
      kind: 'raw_tracepoint',
      name: 'sched_switch',
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(entries(await object.map('counts').snapshot()).get(1)).toBeGreaterThan(0);
    expect(link.info()).toEqual({ kind: 'raw_tracepoint', missed: 0 });
    const nowhere = await failure(() =>
      object.attach('on_raw_tracepoint', { kind: 'raw_tracepoint', name: 'nothing' }),
    );
    expect(nowhere).toMatchObject({ code: 'ENOENT', op: 'attach', subject: 'on_raw_tracepoint' });
    await object.close();
  });
});

describe('probe', () => {
  it('agrees with what attaching does here', async () => {
    for (const feature of [
      'bpf',
      'ring',
      'tracing',
      'perf_event',
      'uprobe',
      'uprobe_multi',
    ] as const)
      expect(native.probe(feature)).toEqual({ ok: true });
    const kprobe = native.probe('kprobe');
    const object = native.BpfObject.open((await import('./fixture.js')).file);
    object.configure({ programs: { on_kprobe: { autoload: true } } });
    await object.load();
    const attached = await object
      .attach('on_kprobe', { kind: 'kprobe', name: 'do_nanosleep' })
      .then(
        () => true,
        () => false,
      );
    expect(kprobe.ok).toBe(attached);
    if (!kprobe.ok) expect(kprobe.code).toMatch(/^E/);
    await object.close();
    expect(await failure(() => native.probe('nothing' as 'bpf'))).toMatchObject({ code: 'EINVAL' });
  });
});

describe('kernelType', () => {
  it('counts parameters as the BTF has them', () => {
    expect(native.kernelType('function', 'vfs_read')).toEqual({ parameters: 4 });
    const types = native.btf();
    const typedef = types.find(({ name }) => name === 'btf_trace_sched_switch');
    const pointer = types[typedef?.type ?? 0];
    const prototype = types[pointer?.type ?? 0];
    expect(native.kernelType('tracepoint', 'sched_switch')).toEqual({
      parameters: (prototype?.members?.length ?? 0) - 1,
    });
    expect(native.kernelType('function', 'no_such_function')).toBeNull();
    expect(native.kernelType('tracepoint', 'vfs_read')).toBeNull();
  });

  it('refuses another kind', async () => {
    expect(await failure(() => native.kernelType('struct' as 'function', 'x'))).toMatchObject({
      code: 'EINVAL',
      op: 'btf',
    });
  });
});

describe('enableStats', () => {
  it('makes the kernel count runs, as long as it is open', async () => {
    const object = await load({ programs: ['on_raw_tracepoint'] });
    const runs = () => object.programs().find(({ name }) => name === 'on_raw_tracepoint');
    await object.attach('on_raw_tracepoint', { kind: 'raw_tracepoint', name: 'sched_switch' });
    const stats = native.enableStats();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { runCount = 0, runTimeNs = 0, verifiedInstructions = 0 } = runs() ?? {};
    expect(runCount).toBeGreaterThan(0);
    expect(runTimeNs).toBeGreaterThan(0);
    expect(verifiedInstructions).toBeGreaterThan(0);
    stats.close();
    stats.close();
    await object.close();
  });
});
