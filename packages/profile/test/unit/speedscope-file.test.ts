import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { speedscopeFile } from '../../src/speedscope-file.js';
import { ARGS, entries, fileOf } from '../fixtures/profiled.js';

const schema = createRequire(import.meta.url).resolve(
  'speedscope/dist/release/file-format-schema.json',
);

interface File {
  readonly shared: {
    readonly frames: readonly { readonly name: string; readonly file?: string }[];
  };
  readonly profiles: readonly {
    readonly unit: string;
    readonly endValue: number;
    readonly samples: readonly (readonly number[])[];
    readonly weights: readonly number[];
  }[];
}

let file: File;
beforeAll(async () => {
  file = JSON.parse((await fileOf(speedscopeFile({ ...ARGS, frequency: 100 }))).toString());
});

describe('a file for speedscope', () => {
  it('is what its schema says', () => {
    const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(schema, 'utf8')));
    validate(file);
    expect(validate.errors).toBeNull();
  });

  it('has every stack root first with its weight, the heaviest first', () => {
    const [profile] = file.profiles;
    const { frames } = file.shared;
    const shown = profile?.samples.map((sample, i) => {
      const names = sample.map((index) => {
        const { name, file: of } = frames[index] as (typeof frames)[number];
        return of ? `${name} ${of}` : name;
      });
      return [names, profile.weights[i]];
    });
    expect(shown).toEqual([
      [
        [
          'server',
          'main /usr/bin/server',
          'hash(std::string; int) /usr/bin/server',
          'mix /usr/bin/server',
        ],
        40,
      ],
      [
        [
          'server',
          'main /usr/bin/server',
          'hash(std::string; int) /usr/bin/server',
          'memcpy /usr/lib/libc.so.6',
        ],
        30,
      ],
      [
        [
          'server',
          'main /usr/bin/server',
          '[unknown] [libc.so.6] /usr/lib/libc.so.6',
          'vfs_read kernel',
          'ext4_file_read_iter ext4',
        ],
        20,
      ],
      [['server', '[Missed User Stack]', 'vfs_read kernel'], 7],
      [['\\x1b[31mevil', '</script><b>;\\u{202e}'], 3],
    ]);
    expect(profile?.unit).toBe('none');
    expect(profile?.endValue).toBe(entries.reduce((sum, { count }) => sum + count, 0));
  });

  it('weighs waits in microseconds', async () => {
    const waits = entries.map((one) => ({ ...one, offCpuUs: one.count * 1000 }));
    const format = speedscopeFile({ ...ARGS, offCpu: true });
    const { profiles } = JSON.parse((await fileOf(format, waits)).toString()) as File;
    expect(profiles[0]).toMatchObject({ unit: 'microseconds', endValue: 100_000 });
    expect(profiles[0]?.weights).toEqual([40_000, 30_000, 20_000, 7000, 3000]);
  });
});
