// generated from profile.bpf.o by scripts/layout.mjs; do not edit
import { addresses, bigint, decodeStats, type Skeleton, text, u8, u32, u64 } from '@probekit/core';

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
  readonly unseenReturns: number;
}

export function decodeSampling(bytes: Buffer, at: number): Sampling {
  return {
    runs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    idle: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    missedUserStacks: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    missedKernelStacks: bytes.readUInt32LE(at + 28) * 4294967296 + bytes.readUInt32LE(at + 24),
    unseenReturns: bytes.readUInt32LE(at + 36) * 4294967296 + bytes.readUInt32LE(at + 32),
  };
}

export interface Image {
  readonly image: bigint;
  readonly startNs: bigint;
  readonly startCode: bigint;
  readonly endCode: bigint;
  readonly startStack: bigint;
  readonly exeInode: bigint;
  readonly pid: number;
  readonly isFixed: number;
}

export function decodeImage(bytes: Buffer, at: number): Image {
  return {
    image: bytes.readBigUInt64LE(at),
    startNs: bytes.readBigUInt64LE(at + 8),
    startCode: bytes.readBigUInt64LE(at + 16),
    endCode: bytes.readBigUInt64LE(at + 24),
    startStack: bytes.readBigUInt64LE(at + 32),
    exeInode: bytes.readBigUInt64LE(at + 40),
    pid: bytes.readUInt32LE(at + 48),
    isFixed: bytes.readUInt32LE(at + 52),
  };
}

export interface Telling {
  readonly count: number;
  readonly lastNs: number;
}

export function decodeTelling(bytes: Buffer, at: number): Telling {
  return {
    count: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    lastNs: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
  };
}

export interface SampleKey {
  readonly userStack: bigint;
  readonly kernelStack: bigint;
  readonly image: bigint;
  readonly cgroup: bigint;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
}

export function decodeSampleKey(bytes: Buffer, at: number): SampleKey {
  return {
    userStack: bytes.readBigUInt64LE(at),
    kernelStack: bytes.readBigUInt64LE(at + 8),
    image: bytes.readBigUInt64LE(at + 16),
    cgroup: bytes.readBigUInt64LE(at + 24),
    pid: bytes.readUInt32LE(at + 32),
    tid: bytes.readUInt32LE(at + 36),
    comm: text(bytes, at + 40, 16),
  };
}

export interface OffCpu {
  readonly key: SampleKey;
  readonly since: number;
  readonly ran: number;
  readonly state: number;
}

export function decodeOffCpu(bytes: Buffer, at: number): OffCpu {
  return {
    key: decodeSampleKey(bytes, at),
    since: bytes.readUInt32LE(at + 60) * 4294967296 + bytes.readUInt32LE(at + 56),
    ran: bytes.readUInt32LE(at + 68) * 4294967296 + bytes.readUInt32LE(at + 64),
    state: bytes.readUInt32LE(at + 72),
  };
}

export interface Waited {
  readonly count: number;
  readonly ns: number;
}

export function decodeWaited(bytes: Buffer, at: number): Waited {
  return {
    count: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    ns: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
  };
}

export const skeleton = {
  name: 'profile',
  object: new URL('../dist/bpf/', import.meta.url),
  programs: {
    btf_switch: {},
    raw_switch: {},
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
      valueSize: 40,
      maxEntries: 1,
      key: u32,
      value: { size: 40, decode: decodeSampling },
    },
    stats: {
      type: 'percpu_array',
      keySize: 4,
      valueSize: 72,
      maxEntries: 1,
      key: u32,
      value: { size: 72, decode: decodeStats },
    },
    images: {
      type: 'hash',
      keySize: 8,
      valueSize: 16,
      maxEntries: 40960,
      key: bigint,
      value: { size: 16, decode: decodeTelling },
    },
    scope_pids: {
      type: 'hash',
      keySize: 4,
      valueSize: 1,
      maxEntries: 1,
      key: u32,
      value: u8,
    },
    scope_threads: {
      type: 'hash',
      keySize: 4,
      valueSize: 1,
      maxEntries: 1,
      key: u32,
      value: u8,
    },
    stacks: {
      type: 'hash',
      keySize: 8,
      valueSize: 1024,
      maxEntries: 16384,
      key: bigint,
      value: { size: 1024, decode: decodeStack },
    },
    threads: {
      type: 'hash',
      keySize: 4,
      valueSize: 80,
      maxEntries: 1,
      key: u32,
      value: { size: 80, decode: decodeOffCpu },
    },
    waits: {
      type: 'hash',
      keySize: 56,
      valueSize: 16,
      maxEntries: 1,
      key: { size: 56, decode: decodeSampleKey },
      value: { size: 16, decode: decodeWaited },
    },
    on_cpu: {
      type: 'array',
      keySize: 4,
      valueSize: 80,
      maxEntries: 1,
      key: u32,
      value: { size: 80, decode: decodeOffCpu },
    },
    samples: {
      type: 'hash',
      keySize: 56,
      valueSize: 8,
      maxEntries: 40960,
      key: { size: 56, decode: decodeSampleKey },
      value: u64,
    },
  },
  rings: {
    sampled_images: { size: 56, maxEntries: 262144, decode: decodeImage },
  },
  rodata: {
    hash_seed: { offset: 0, size: 8, kind: 'bigint' },
    scope_by_pid: { offset: 16, size: 1, kind: 'bool' },
    scope_cgroup_id: { offset: 24, size: 8, kind: 'bigint' },
    scope_pidns: { offset: 32, size: 4, kind: 'u32' },
    user_stacks: { offset: 36, size: 1, kind: 'bool' },
    kernel_stacks: { offset: 37, size: 1, kind: 'bool' },
    by_thread: { offset: 38, size: 1, kind: 'bool' },
    by_cgroup: { offset: 39, size: 1, kind: 'bool' },
    least_ns: { offset: 40, size: 8, kind: 'u64' },
    most_ns: { offset: 48, size: 8, kind: 'u64' },
    wanted_states: { offset: 56, size: 4, kind: 'u32' },
    include_idle: { offset: 60, size: 1, kind: 'bool' },
  },
} as const satisfies Skeleton;
