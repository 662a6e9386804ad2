// generated from syscalls.bpf.o by scripts/layout.mjs; do not edit
import { decodeStats, type Skeleton, text, u8, u32 } from '@probekit/core';

export interface Call {
  readonly timeNs: number;
  readonly pid: number;
  readonly tid: number;
  readonly number: number;
  readonly comm: string;
}

export function decodeCall(bytes: Buffer, at: number): Call {
  return {
    timeNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    pid: bytes.readUInt32LE(at + 8),
    tid: bytes.readUInt32LE(at + 12),
    number: bytes.readInt32LE(at + 16),
    comm: text(bytes, at + 20, 16),
  };
}

export const skeleton = {
  name: 'syscalls',
  object: new URL('../dist/bpf/', import.meta.url),
  programs: {
    sys_enter: {},
  },
  maps: {
    stats: {
      type: 'percpu_array',
      keySize: 4,
      valueSize: 72,
      maxEntries: 1,
      key: u32,
      value: { size: 72, decode: decodeStats },
    },
    scope_pids: {
      type: 'hash',
      keySize: 4,
      valueSize: 1,
      maxEntries: 1,
      key: u32,
      value: u8,
    },
  },
  rings: {
    calls: { size: 40, maxEntries: 33554432, decode: decodeCall },
  },
  rodata: {
    scope_by_pid: { offset: 0, size: 1, kind: 'bool' },
    scope_cgroup_id: { offset: 8, size: 8, kind: 'bigint' },
    scope_pidns: { offset: 16, size: 4, kind: 'u32' },
    only_number: { offset: 20, size: 4, kind: 's32' },
  },
} as const satisfies Skeleton;
