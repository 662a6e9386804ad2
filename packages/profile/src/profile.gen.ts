// generated from profile.bpf.o by scripts/layout.mjs; do not edit
import { addresses, bigint, type Skeleton, text, u8, u32, u64 } from '@probekit/core';

export interface Stack {
  readonly depth: number;
  readonly frames: BigUint64Array;
}

export function decodeStack(bytes: Buffer, at: number): Stack {
  return {
    depth: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    frames: addresses(bytes, at + 8, 127),
  };
}

export interface Sampling {
  readonly runs: number;
  readonly idle: number;
  readonly missedUserStacks: number;
  readonly missedKernelStacks: number;
}

export function decodeSampling(bytes: Buffer, at: number): Sampling {
  return {
    runs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    idle: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    missedUserStacks: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    missedKernelStacks: bytes.readUInt32LE(at + 28) * 4294967296 + bytes.readUInt32LE(at + 24),
  };
}

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

export interface SampleKey {
  readonly userStack: bigint;
  readonly kernelStack: bigint;
  readonly cgroup: bigint;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
}

export function decodeSampleKey(bytes: Buffer, at: number): SampleKey {
  return {
    userStack: bytes.readBigUInt64LE(at),
    kernelStack: bytes.readBigUInt64LE(at + 8),
    cgroup: bytes.readBigUInt64LE(at + 16),
    pid: bytes.readUInt32LE(at + 24),
    tid: bytes.readUInt32LE(at + 28),
    comm: text(bytes, at + 32, 16),
  };
}

export const skeleton = {
  name: 'profile',
  object: new URL('../dist/bpf/', import.meta.url),
  programs: {
    sample: {},
  },
  maps: {
    scratch: {
      type: 'percpu_array',
      keySize: 4,
      valueSize: 1024,
      maxEntries: 1,
      key: u32,
      value: { size: 1024, decode: decodeStack },
    },
    sampling: {
      type: 'percpu_array',
      keySize: 4,
      valueSize: 32,
      maxEntries: 1,
      key: u32,
      value: { size: 32, decode: decodeSampling },
    },
    scope_threads: {
      type: 'hash',
      keySize: 4,
      valueSize: 1,
      maxEntries: 1,
      key: u32,
      value: u8,
    },
    scope_pids: {
      type: 'hash',
      keySize: 4,
      valueSize: 1,
      maxEntries: 1,
      key: u32,
      value: u8,
    },
    stats: {
      type: 'percpu_array',
      keySize: 4,
      valueSize: 72,
      maxEntries: 1,
      key: u32,
      value: { size: 72, decode: decodeStats },
    },
    samples: {
      type: 'hash',
      keySize: 48,
      valueSize: 8,
      maxEntries: 40960,
      key: { size: 48, decode: decodeSampleKey },
      value: u64,
    },
    stacks: {
      type: 'hash',
      keySize: 8,
      valueSize: 1024,
      maxEntries: 16384,
      key: bigint,
      value: { size: 1024, decode: decodeStack },
    },
  },
  rings: {},
  rodata: {
    scope_by_pid: { offset: 0, size: 1, kind: 'bool' },
    scope_cgroup_id: { offset: 8, size: 8, kind: 'bigint' },
    scope_pidns: { offset: 16, size: 4, kind: 'u32' },
    user_stacks: { offset: 20, size: 1, kind: 'bool' },
    kernel_stacks: { offset: 21, size: 1, kind: 'bool' },
    include_idle: { offset: 22, size: 1, kind: 'bool' },
    by_thread: { offset: 23, size: 1, kind: 'bool' },
    by_cgroup: { offset: 24, size: 1, kind: 'bool' },
    hash_seed: { offset: 32, size: 8, kind: 'bigint' },
  },
} as const satisfies Skeleton;
