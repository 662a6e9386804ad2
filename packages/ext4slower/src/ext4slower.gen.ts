// generated from ext4slower.bpf.o by scripts/layout.mjs; do not edit
import { bigint, decodeHistogramChunk, decodeStats, type Skeleton, text, u8, u32, u64 } from '@probekit/core';

export interface Operation {
  readonly startNs: number;
  readonly latencyNs: number;
  readonly offset: number;
  readonly bytes: number;
  readonly pid: number;
  readonly tid: number;
  readonly error: number;
  readonly pathBytes: number;
  readonly toBytes: number;
  readonly mount: number;
  readonly dev: number;
  readonly comm: string;
  readonly op: number;
  readonly traits: number;
}

export function decodeOperation(bytes: Buffer, at: number): Operation {
  return {
    startNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    latencyNs: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    offset: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    bytes: bytes.readUInt32LE(at + 28) * 4294967296 + bytes.readUInt32LE(at + 24),
    pid: bytes.readUInt32LE(at + 32),
    tid: bytes.readUInt32LE(at + 36),
    error: bytes.readUInt32LE(at + 40),
    pathBytes: bytes.readUInt32LE(at + 44),
    toBytes: bytes.readUInt32LE(at + 48),
    mount: bytes.readUInt32LE(at + 52),
    dev: bytes.readUInt32LE(at + 56),
    comm: text(bytes, at + 60, 16),
    op: bytes.readUInt8(at + 76),
    traits: bytes.readUInt8(at + 77),
  };
}

export interface Scratch {
  readonly users: number;
  readonly number: number;
  readonly operation: Operation;
  readonly paths: string;
}

export function decodeScratch(bytes: Buffer, at: number): Scratch {
  return {
    users: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    number: bytes.readUInt32LE(at + 8),
    operation: decodeOperation(bytes, at + 16),
    paths: text(bytes, at + 96, 16640),
  };
}

export interface Quality {
  readonly filesUnknown: number;
  readonly opensNotKept: number;
  readonly retries: number;
}

export function decodeQuality(bytes: Buffer, at: number): Quality {
  return {
    filesUnknown: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    opensNotKept: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    retries: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
  };
}

export interface Start {
  readonly startNs: number;
  readonly subject: bigint;
  readonly iocb: bigint;
  readonly to: bigint;
  readonly offset: number;
  readonly bytes: number;
  readonly fd: number;
  readonly op: number;
  readonly traits: number;
  readonly isOpen: boolean;
  readonly isCounted: boolean;
  readonly isPositioned: boolean;
}

export function decodeStart(bytes: Buffer, at: number): Start {
  return {
    startNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    subject: bytes.readBigUInt64LE(at + 8),
    iocb: bytes.readBigUInt64LE(at + 16),
    to: bytes.readBigUInt64LE(at + 24),
    offset: bytes.readUInt32LE(at + 36) * 4294967296 + bytes.readUInt32LE(at + 32),
    bytes: bytes.readUInt32LE(at + 44) * 4294967296 + bytes.readUInt32LE(at + 40),
    fd: bytes.readInt32LE(at + 48),
    op: bytes.readUInt8(at + 52),
    traits: bytes.readUInt8(at + 53),
    isOpen: bytes[at + 54] !== 0,
    isCounted: bytes[at + 55] !== 0,
    isPositioned: bytes[at + 56] !== 0,
  };
}

export interface Who {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
}

export function decodeWho(bytes: Buffer, at: number): Who {
  return {
    pid: bytes.readUInt32LE(at),
    tid: bytes.readUInt32LE(at + 4),
    comm: text(bytes, at + 8, 16),
  };
}

export interface Async {
  readonly start: Start;
  readonly who: Who;
  readonly completedNs: number;
  readonly result: number;
  readonly state: number;
}

export function decodeAsync(bytes: Buffer, at: number): Async {
  return {
    start: decodeStart(bytes, at),
    who: decodeWho(bytes, at + 64),
    completedNs: bytes.readUInt32LE(at + 92) * 4294967296 + bytes.readUInt32LE(at + 88),
    result: bytes.readInt32LE(at + 100) * 4294967296 + bytes.readUInt32LE(at + 96),
    state: bytes.readUInt32LE(at + 104),
  };
}

export const skeleton = {
  name: 'ext4slower',
  object: new URL('../dist/bpf/', import.meta.url),
  programs: {
    call_enter: {},
    call_exit: {},
    enter_read: {},
    exit_read: {},
    probe_read: {},
    return_read: {},
    enter_write: {},
    exit_write: {},
    probe_write: {},
    return_write: {},
    enter_open: {},
    exit_open: {},
    probe_open: {},
    return_open: {},
    enter_sync: {},
    exit_sync: {},
    probe_sync: {},
    return_sync: {},
    enter_completion: {},
    exit_completion: {},
    probe_completion: {},
    return_completion: {},
    enter_uring_result: {},
    probe_uring_result: {},
    enter_aio_result: {},
    probe_aio_result: {},
    uring_complete: {},
    enter_fault: {},
    exit_fault: {},
    probe_fault: {},
    return_fault: {},
    enter_mkwrite: {},
    exit_mkwrite: {},
    probe_mkwrite: {},
    return_mkwrite: {},
    enter_splice_read: {},
    exit_splice_read: {},
    probe_splice_read: {},
    return_splice_read: {},
    enter_splice_read_old: {},
    exit_splice_read_old: {},
    probe_splice_read_old: {},
    return_splice_read_old: {},
    enter_splice_write: {},
    exit_splice_write: {},
    probe_splice_write: {},
    return_splice_write: {},
    enter_setattr: {},
    exit_setattr: {},
    probe_setattr: {},
    return_setattr: {},
    enter_rename: {},
    exit_rename: {},
    probe_rename: {},
    return_rename: {},
    enter_unlink: {},
    exit_unlink: {},
    probe_unlink: {},
    return_unlink: {},
    enter_mkdir: {},
    exit_mkdir: {},
    probe_mkdir: {},
    return_mkdir: {},
    enter_readdir: {},
    exit_readdir: {},
    probe_readdir: {},
    return_readdir: {},
    thread_exit: {},
  },
  maps: {
    scratches: {
      type: 'percpu_array',
      keySize: 4,
      valueSize: 16736,
      maxEntries: 4,
      key: u32,
      value: { size: 16736, decode: decodeScratch },
    },
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
    latencies: {
      type: 'array',
      keySize: 4,
      valueSize: 272,
      maxEntries: 720,
      key: u32,
      value: { size: 272, decode: decodeHistogramChunk },
    },
    starts: {
      type: 'hash',
      keySize: 8,
      valueSize: 64,
      maxEntries: 32768,
      key: u64,
      value: { size: 64, decode: decodeStart },
    },
    asyncs: {
      type: 'hash',
      keySize: 8,
      valueSize: 112,
      maxEntries: 1,
      key: bigint,
      value: { size: 112, decode: decodeAsync },
    },
    completions: {
      type: 'hash',
      keySize: 8,
      valueSize: 8,
      maxEntries: 4096,
      key: u64,
      value: bigint,
    },
  },
  rings: {
    operations: { size: 80, maxEntries: 16777216, decode: decodeOperation },
  },
  rodata: {
    min_ns: { offset: 0, size: 8, kind: 'u64' },
    histogram_unit: { offset: 16, size: 1, kind: 'u8' },
    histogram_bits: { offset: 17, size: 1, kind: 'u8' },
    histogram_sizes: { offset: 18, size: 1, kind: 'bool' },
    scope_by_pid: { offset: 19, size: 1, kind: 'bool' },
    scope_cgroup_id: { offset: 24, size: 8, kind: 'bigint' },
    scope_pidns: { offset: 32, size: 4, kind: 'u32' },
    only_below: { offset: 36, size: 1, kind: 'bool' },
    below_dev: { offset: 40, size: 4, kind: 'u32' },
    below_ino: { offset: 48, size: 8, kind: 'u64' },
    places: { offset: 56, size: 4, kind: 'u32' },
    ops: { offset: 60, size: 4, kind: 'u32' },
    sees_completions: { offset: 64, size: 1, kind: 'bool' },
    page_bytes: { offset: 68, size: 4, kind: 'u32' },
  },
} as const satisfies Skeleton;
