import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { addOn, descriptors, entries, failure, file, load, native, records } from './fixture.js';

/** How many programs, maps and links named like the fixture's the kernel has. */
function inKernel(): Record<string, number> {
  const ours = /^(sample|syscall_entry|counts|per_cpu|stacks|events|first_window|windows)$/;
  const list = (kind: string): { name?: string }[] =>
    JSON.parse(execFileSync('bpftool', ['-j', kind, 'list'], { encoding: 'utf8' }));
  return Object.fromEntries(
    ['prog', 'map'].map((kind) => [
      kind,
      list(kind).filter(({ name = '' }) => ours.test(name)).length,
    ]),
  );
}

describe('errors', () => {
  it('names file, cause and way out', async () => {
    expect(await failure(() => native.BpfObject.open('/nowhere/x.bpf.o'))).toMatchObject({
      code: 'ENOENT',
      op: 'open',
      object: 'x.bpf.o',
    });
    expect(await failure(() => native.BpfObject.open('/etc/passwd'))).toMatchObject({
      code: 'ENOEXEC',
    });
    const object = native.BpfObject.open(file);
    expect(await failure(() => object.map('counts'))).toMatchObject({
      code: 'EINVAL',
      detail: 'load it first',
    });
    expect(
      await failure(() => object.configure({ initialValues: { '.rodata': Buffer.alloc(1) } })),
    ).toMatchObject({ subject: '.rodata', detail: 'its initial value is 4 bytes, not 1' });
    const loading = object.load();
    expect(await failure(() => object.programs())).toMatchObject({ code: 'EBUSY' });
    await loading;
    expect((await failure(() => object.map('nothing'))).detail).toMatch(/it has .*counts/);
    await object.close();
    await object.close();
    expect(await failure(() => object.programs())).toMatchObject({ code: 'ECLOSED' });
  });

  it('brings the log of the program that the verifier refused, and prints nothing', async () => {
    const script = `
      const native = require(${JSON.stringify(addOn)});
      const object = native.BpfObject.open(${JSON.stringify(file)});
      object.configure({ programs: { refused: { autoload: true } } });
      object.load().catch((error) => process.stdout.write(error.message));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const error = JSON.parse(stdout);
    expect(error).toMatchObject({ code: 'EACCES', op: 'load', subject: 'refused' });
    expect(error.verifierLog).toMatch(/invalid mem access 'scalar'/);
  });
});

describe('maps', () => {
  it('walks, drains and edits them', async () => {
    const object = await load();
    const map = object.map('counts');
    const key = Buffer.alloc(4);
    const value = Buffer.alloc(8);
    for (let i = 0; i < 15_000; i++) {
      key.writeUInt32LE(i);
      value.writeBigUInt64LE(BigInt(i * 3));
      map.set(key, value);
    }
    const all = entries(await map.snapshot());
    expect(all.size).toBe(15_000);
    expect([...all].every(([key, value]) => value === key * 3)).toBe(true);
    expect(map.get(key)?.readBigUInt64LE()).toBe(44_997n);
    expect([map.delete(key), map.delete(key), map.get(key)]).toEqual([true, false, null]);
    expect((await map.drain()).count).toBe(14_999);
    expect((await map.snapshot()).count).toBe(0);

    const perCpu = object.map('per_cpu');
    perCpu.set(key, Buffer.alloc((await perCpu.snapshot()).valueSize, 1));
    const { count, values, valueSize } = await perCpu.snapshot();
    expect([count, values.length, valueSize % 8]).toEqual([1, valueSize, 0]);
    expect(valueSize).toBeGreaterThanOrEqual(8 * availableParallelism());
    await object.close();
  });
});

describe('ring', () => {
  it('delivers every record once, in order, and ends after finish()', async () => {
    const object = await load({ pid: process.pid });
    const link = await object.attach('syscall_entry');
    for (let i = 0; i < 5_000; i++) process.setegid?.(process.getegid?.() ?? 0);
    await link.close();
    await native.synchronize();
    const ring = object.ring('events');
    ring.finish();
    const numbers = new Map<number, number>();
    const wrong: Buffer[] = [];
    for (let batch = await ring.read(); batch; batch = await ring.read()) {
      for (const record of records(batch)) {
        if (record.length !== 16 || record.readUInt32LE(8) !== process.pid) wrong.push(record);
        const number = Number(record.readBigUInt64LE());
        numbers.set(number, (numbers.get(number) ?? 0) + 1);
      }
    }
    expect(wrong).toEqual([]);
    expect(Math.max(...numbers.values())).toBeGreaterThanOrEqual(5_000);
    expect(await ring.read()).toBeNull();

    // The same calls were counted in the map of maps: what was swapped out has them all.
    const old = await object.map('windows').swap(Buffer.alloc(4));
    expect(entries(await old.snapshot())).toEqual(numbers);
    expect((await object.map('windows').swap(Buffer.alloc(4))).info.name).toBe('first_window');
    await object.close();
  });

  it('wakes a pending read when the object is closed', async () => {
    const object = await load();
    const ring = object.ring('events');
    const reads = [ring.read(), ring.read()];
    await object.close();
    expect(await Promise.all(reads)).toEqual([null, null]);
  });

  it.each(['process.exit(7)', 'setImmediate(() => { throw new Error() })'])(
    'does not hold up the end of the process: %s',
    (end) => {
      const script = `
        const native = require(${JSON.stringify(addOn)});
        const object = native.BpfObject.open(${JSON.stringify(file)});
        object.load().then(() => { object.ring('events').read(); setTimeout(() => { ${end} }, 50); });`;
      const { status, signal } = spawnSync(process.execPath, ['-e', script], { timeout: 20_000 });
      expect(signal).toBeNull();
      expect(status).toBe(end.includes('exit') ? 7 : 1);
    },
  );
});

describe('life', () => {
  it('leaves no descriptor, program or map behind in 200 rounds', async () => {
    const round = async (i: number): Promise<void> => {
      const object = await load({ pid: process.pid });
      const sampling = await object.attach('sample', { kind: 'perf_event', frequency: 99, cpu: 0 });
      await object.attach('syscall_entry');
      const ring = object.ring('events');
      await ring.read();
      await object.map('stacks').snapshot();
      await object.map('windows').swap(Buffer.alloc(4));
      const pending = ring.read();
      if (i % 3 === 0) await sampling.close();
      if (i % 2 === 0) object.dispose();
      else await object.close();
      await pending;
    };
    await round(0);
    await expect.poll(inKernel, { timeout: 10_000 }).toEqual({ prog: 0, map: 0 });
    const before = descriptors();
    for (let i = 0; i < 200; i++) await round(i);
    expect(descriptors()).toBe(before);
    await expect.poll(inKernel, { timeout: 10_000 }).toEqual({ prog: 0, map: 0 });
  });
});
