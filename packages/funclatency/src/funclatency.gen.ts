// generated from funclatency.bpf.o by scripts/layout.mjs; do not edit
import { bigint, decodeHistogramChunk, decodeStats, type Skeleton, u8, u32 } from '@probekit/core';

export interface Quality {
  readonly calls: number;
  readonly tooDeep: number;
  readonly restarted: number;
}

export function decodeQuality(bytes: Buffer, at: number): Quality {
  return {
    calls: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    tooDeep: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    restarted: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
  };
}

export interface HistogramKey {
  readonly function: number;
  readonly pid: number;
  readonly level: number;
  readonly chunk: number;
}

export function decodeHistogramKey(bytes: Buffer, at: number): HistogramKey {
  return {
    function: bytes.readUInt32LE(at),
    pid: bytes.readUInt32LE(at + 4),
    level: bytes.readUInt32LE(at + 8),
    chunk: bytes.readUInt32LE(at + 12),
  };
}

export interface Frame {
  readonly place: bigint;
  readonly startNs: number;
  readonly calleesNs: number;
  readonly function: number;
  readonly level: number;
}

export function decodeFrame(bytes: Buffer, at: number): Frame {
  return {
    place: bytes.readBigUInt64LE(at),
    startNs: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    calleesNs: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    function: bytes.readUInt32LE(at + 24),
    level: bytes.readUInt32LE(at + 28),
  };
}

export interface CallStack {
  readonly depth: number;
  readonly open: number;
  readonly busy: number;
  readonly unused: number;
  readonly frames: Frame[];
}

export function decodeCallStack(bytes: Buffer, at: number): CallStack {
  return {
    depth: bytes.readUInt32LE(at),
    open: bytes.readUInt32LE(at + 4),
    busy: bytes.readUInt32LE(at + 8),
    unused: bytes.readUInt32LE(at + 12),
    frames: Array.from({ length: 64 }, (_, i) => decodeFrame(bytes, at + 16 + i * 32)),
  };
}

export interface SyscallCall {
  readonly startNs: number;
  readonly endNs: number;
  readonly function: number;
  readonly state: number;
}

export function decodeSyscallCall(bytes: Buffer, at: number): SyscallCall {
  return {
    startNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    endNs: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    function: bytes.readUInt32LE(at + 16),
    state: bytes.readUInt32LE(at + 20),
  };
}

export const skeleton = {
  name: 'funclatency',
  object: new URL('../dist/bpf/', import.meta.url),
  programs: {
    probe_entry: {},
    probe_return: {},
    kprobe_multi_entry: {},
    kprobe_multi_return: {},
    uprobe_multi_entry: {},
    uprobe_multi_return: {},
    kprobe_session: {},
    uprobe_session: {},
    fentry: {},
    fexit: {},
    sys_enter: {},
    sys_exit: {},
    signal_deliver: {},
    thread_exit: {},
    task_free: {},
    process_exec: {},
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
    empty_chunk: {
      type: 'array',
      keySize: 4,
      valueSize: 272,
      maxEntries: 1,
      key: u32,
      value: { size: 272, decode: decodeHistogramChunk },
    },
    quality: {
      type: 'percpu_array',
      keySize: 4,
      valueSize: 24,
      maxEntries: 1,
      key: u32,
      value: { size: 24, decode: decodeQuality },
    },
    scope_pids: {
      type: 'hash',
      keySize: 4,
      valueSize: 1,
      maxEntries: 1,
      key: u32,
      value: u8,
    },
    histogram: {
      type: 'array',
      keySize: 4,
      valueSize: 272,
      maxEntries: 60,
      key: u32,
      value: { size: 272, decode: decodeHistogramChunk },
    },
    histograms: {
      type: 'hash',
      keySize: 16,
      valueSize: 272,
      maxEntries: 1,
      key: { size: 16, decode: decodeHistogramKey },
      value: { size: 272, decode: decodeHistogramChunk },
    },
    stacks: {
      type: 'hash',
      keySize: 8,
      valueSize: 2064,
      maxEntries: 1,
      key: bigint,
      value: { size: 2064, decode: decodeCallStack },
    },
    empty_stack: {
      type: 'array',
      keySize: 4,
      valueSize: 2064,
      maxEntries: 1,
      key: u32,
      value: { size: 2064, decode: decodeCallStack },
    },
    syscalls: {
      type: 'array',
      keySize: 4,
      valueSize: 4,
      maxEntries: 2048,
      key: u32,
      value: u32,
    },
    system_calls: {
      type: 'hash',
      keySize: 8,
      valueSize: 24,
      maxEntries: 1,
      key: bigint,
      value: { size: 24, decode: decodeSyscallCall },
    },
  },
  rings: {},
  rodata: {
    histogram_unit: { offset: 0, size: 1, kind: 'u8' },
    histogram_bits: { offset: 1, size: 1, kind: 'u8' },
    histogram_sizes: { offset: 2, size: 1, kind: 'bool' },
    scope_by_pid: { offset: 3, size: 1, kind: 'bool' },
    scope_cgroup_id: { offset: 8, size: 8, kind: 'bigint' },
    scope_pidns: { offset: 16, size: 4, kind: 'u32' },
    per_function: { offset: 20, size: 1, kind: 'bool' },
    per_process: { offset: 21, size: 1, kind: 'bool' },
    levels: { offset: 24, size: 4, kind: 'u32' },
    sample_below: { offset: 28, size: 4, kind: 'u32' },
    probe_cost_ns: { offset: 32, size: 8, kind: 'u64' },
    most_calls: { offset: 40, size: 4, kind: 'u32' },
    stack_bits: { offset: 44, size: 1, kind: 'u8' },
    self_times: { offset: 45, size: 1, kind: 'bool' },
    restart_syscall: { offset: 48, size: 4, kind: 'u32' },
    restart_syscall_compat: { offset: 52, size: 4, kind: 'u32' },
    of_syscalls: { offset: 56, size: 1, kind: 'bool' },
  },
} as const satisfies Skeleton;
