// generated from syscalls.bpf.o by scripts/layout.mjs; do not edit
import { type Skeleton, text, u8, u32 } from '@probekit/core';

export interface Stats {
  readonly events: number;
  readonly belowThreshold: number;
  readonly unmatchedEnds: number;
  readonly lostMapFull: number;
  readonly lostMapBusy: number;
  readonly lostRingFull: number;
  readonly lostRingBusy: number;
  readonly lostNoEnd: number;
  readonly lostAsyncNotTimed: number;
}

export function decodeStats(bytes: Buffer, at: number): Stats {
  return {
    events: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    belowThreshold: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    unmatchedEnds: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    lostMapFull: bytes.readUInt32LE(at + 28) * 4294967296 + bytes.readUInt32LE(at + 24),
    lostMapBusy: bytes.readUInt32LE(at + 36) * 4294967296 + bytes.readUInt32LE(at + 32),
    lostRingFull: bytes.readUInt32LE(at + 44) * 4294967296 + bytes.readUInt32LE(at + 40),
    lostRingBusy: bytes.readUInt32LE(at + 52) * 4294967296 + bytes.readUInt32LE(at + 48),
    lostNoEnd: bytes.readUInt32LE(at + 60) * 4294967296 + bytes.readUInt32LE(at + 56),
    lostAsyncNotTimed: bytes.readUInt32LE(at + 68) * 4294967296 + bytes.readUInt32LE(at + 64),
  };
}

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
