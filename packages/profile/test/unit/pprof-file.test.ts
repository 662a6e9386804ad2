import { gunzipSync } from 'node:zlib';
import { Profile, type StringTable } from 'pprof-format';
import { beforeAll, describe, expect, it } from 'vitest';
import { pprofFile } from '../../src/pprof-file.js';
import { ARGS, entries, fileOf, meta } from '../fixtures/profiled.js';

interface Sample {
  readonly stack: readonly string[];
  readonly values: readonly number[];
  readonly labels: Readonly<Record<string, string | number>>;
}

/** A profile in words. */
function read(file: Buffer) {
  const profile = Profile.decode(gunzipSync(file));
  const { strings } = profile.stringTable as StringTable;
  const text = (index: number | bigint) => strings[Number(index)] as string;
  const types = profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`);
  const functions = new Map(profile.function.map(({ id, name }) => [id, text(name)]));
  const locations = new Map(profile.location.map((location) => [location.id, location]));
  const files = new Map(profile.mapping.map(({ id, filename }) => [id, text(filename)]));
  const samples = profile.sample.map(
    ({ locationId, value, label }): Sample => ({
      stack: locationId.map((id) => {
        const { mappingId, line } = locations.get(id) as (typeof profile.location)[number];
        const names = line.map(({ functionId }) => functions.get(functionId));
        const file = files.get(mappingId);
        return `${names.join('<')}${file ? ` ${file}` : ''}`;
      }),
      values: value.map(Number),
      labels: Object.fromEntries(
        label.map(({ key, str, num }) => [text(key), Number(str) ? text(str) : Number(num)]),
      ),
    }),
  );
  return { profile, types, samples, text };
}

describe('a profile on the cpu-clock', () => {
  let file: ReturnType<typeof read>;

  beforeAll(async () => {
    file = read(await fileOf(pprofFile({ ...ARGS, frequency: 100 })));
  });

  it('has counts and CPU time', () => {
    expect(file.types).toEqual(['samples/count', 'cpu/nanoseconds']);
    expect(file.samples.map(({ values }) => values)).toEqual(
      entries.map(({ count }) => [count, count * 10_000_000]),
    );
    const { profile, text } = file;
    expect(Number(profile.period)).toBe(10_000_000);
    expect(text(profile.periodType?.unit ?? 0)).toBe('nanoseconds');
    expect(BigInt(profile.timeNanos)).toBe(BigInt(meta.time.getTime()) * 1_000_000n);
    expect(Number(profile.durationNanos)).toBe(30_040_000_000);
  });

  it('has stacks leaf first, with the file of each frame', () => {
    expect(file.samples[1]?.stack).toEqual([
      'memcpy /usr/lib/libc.so.6',
      'hash(std::string; int) /usr/bin/server',
      'main /usr/bin/server',
      'server',
    ]);
    expect(file.samples[2]?.stack).toEqual([
      'ext4_file_read_iter [ext4]',
      'vfs_read [kernel.kallsyms]',
      '[unknown] [libc.so.6] /usr/lib/libc.so.6',
      'main /usr/bin/server',
      'server',
    ]);
    expect(file.samples[3]?.stack).toEqual([
      'vfs_read [kernel.kallsyms]',
      '[Missed User Stack]',
      'server',
    ]);
  });

  it('has what was inlined in the place of the function that it is in', () => {
    expect(file.samples[0]?.stack).toEqual([
      'mix<hash(std::string; int) /usr/bin/server',
      'main /usr/bin/server',
      'server',
    ]);
  });

  it('has the addresses, of a stack each place once', () => {
    const addresses = file.profile.location.map(({ address }) => BigInt(address));
    expect(addresses.filter((address) => address === 0x401000n)).toHaveLength(1);
    expect(addresses).toContain(0xffffffff81000000n);
  });

  it('has threads as labels', () => {
    expect(file.samples[3]?.labels).toEqual({ pid: 812, tid: 814, comm: 'server' });
  });

  it('has names that are harmless on a terminal', () => {
    expect(file.samples[4]?.stack).toEqual(['</script><b>;\\u{202e}', '\\x1b[31mevil']);
    expect(file.samples[4]?.labels).toMatchObject({ comm: '\\x1b[31mevil', truncated: 'true' });
  });
});

describe('what is measured', () => {
  const values = async (args: Partial<Parameters<typeof pprofFile>[0]>, plan: string) => {
    const of = args.offCpu ? entries.map((one) => ({ ...one, offCpuUs: 1234 })) : entries;
    const format = pprofFile({ ...ARGS, ...args });
    const { types, samples } = read(await fileOf(format, of, { ...meta, plan }));
    return [types, samples[0]?.values];
  };

  it.each([
    [{ count: 20_000 }, 'cpu-clock', ['samples/count', 'cpu/nanoseconds'], [40, 800_000]],
    [{ count: 20_000 }, 'cpu-cycles', ['samples/count', 'cycles/count'], [40, 800_000]],
    [{ frequency: 99 }, 'cpu-cycles', ['samples/count'], [40]],
    [{ offCpu: true }, 'tp_btf', ['waits/count', 'blocked/nanoseconds'], [40, 1_234_000]],
    [
      { offCpu: true, state: 'R,D' },
      'tp_btf',
      ['waits/count', 'off_cpu/nanoseconds'],
      [40, 1_234_000],
    ],
  ])('with %j on %s is %j', async (args, plan, types, first) => {
    expect(await values(args, plan)).toEqual([types, first]);
  });
});

describe('the bottom frame', () => {
  const bottom = async (root: 'comm' | 'container' | 'pid' | 'tid') => {
    const contained = entries.map((entry) => ({ ...entry, container: 'nginx.service' }));
    const [first] = read(await fileOf(pprofFile({ ...ARGS, root }), contained)).samples;
    return first?.stack.slice(2);
  };

  it('is what --root says', async () => {
    expect(await bottom('comm')).toEqual(['server']);
    expect(await bottom('pid')).toEqual(['server-812']);
    expect(await bottom('tid')).toEqual(['server-812/813']);
    expect(await bottom('container')).toEqual(['server', 'nginx.service']);
  });
});
