import { mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as Native from '@probekit/native';
import { buildBpf } from '../../../scripts/build-bpf.mjs';

const require = createRequire(import.meta.url);
export const addOn = require.resolve('@probekit/native');
export const native: typeof Native = require(addOn);

const [built] = buildBpf({
  directory: import.meta.dirname,
  out: mkdtempSync(path.join(tmpdir(), 'probekit-native-')),
}).filter((file: string) => file.includes(`/${process.arch}/`));
export const file = built as string;

const ON_REQUEST = ['on_raw_tracepoint', 'on_tracepoint', 'on_uprobe', 'on_uprobe_multi'];

/** The fixture's object, loaded, tracing system calls of `pid` once `syscall_entry` is attached. */
export async function load({ pid = 0, programs = [] as string[] } = {}): Promise<Native.BpfObject> {
  const object = native.BpfObject.open(file);
  const rodata = object.initialValue('.rodata');
  rodata.writeUInt32LE(pid);
  object.configure({
    initialValues: { '.rodata': rodata },
    programs: Object.fromEntries(
      ON_REQUEST.map((name) => [name, { autoload: programs.includes(name) }]),
    ),
  });
  await object.load();
  return object;
}

/** Records of a ring's batch. */
export function* records(batch: Buffer): Generator<Buffer> {
  for (let at = 0; at < batch.length; ) {
    const length = batch.readUInt32LE(at);
    yield batch.subarray(at + 8, at + 8 + length);
    at += 8 + Math.ceil(length / 8) * 8;
  }
}

export function entries(map: Native.Entries): Map<number, number> {
  return new Map(
    Array.from({ length: map.count }, (_, i) => [
      map.keys.readUInt32LE(i * map.keySize),
      Number(map.values.readBigUInt64LE(i * map.valueSize)),
    ]),
  );
}

/** The fields of an error of the add-on. */
export async function failure(call: () => unknown): Promise<Record<string, string>> {
  try {
    await call();
  } catch (error) {
    return JSON.parse((error as Error).message);
  }
  throw new Error('it did not fail');
}

export const descriptors = (): number => readdirSync('/proc/self/fd').length;
