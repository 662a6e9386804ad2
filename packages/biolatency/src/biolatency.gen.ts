// generated from biolatency.bpf.o by scripts/layout.mjs; do not edit
import { decodeHistogramChunk, decodeStats, type Skeleton, text, u8, u32, u64 } from '@probekit/core';

export interface Quality {
  readonly merged: number;
  readonly requeued: number;
  readonly parts: number;
  readonly queuedSinceAllocation: number;
  readonly queueTimeUnknown: number;
  readonly notAttributable: number;
  readonly queueTimesLost: number;
}

export function decodeQuality(bytes: Buffer, at: number): Quality {
  return {
    merged: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    requeued: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    parts: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    queuedSinceAllocation: bytes.readUInt32LE(at + 28) * 4294967296 + bytes.readUInt32LE(at + 24),
    queueTimeUnknown: bytes.readUInt32LE(at + 36) * 4294967296 + bytes.readUInt32LE(at + 32),
    notAttributable: bytes.readUInt32LE(at + 44) * 4294967296 + bytes.readUInt32LE(at + 40),
    queueTimesLost: bytes.readUInt32LE(at + 52) * 4294967296 + bytes.readUInt32LE(at + 48),
  };
}

export interface Origin {
  readonly sector: number;
  readonly cgroup: bigint;
  readonly bytes: number;
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
}

export function decodeOrigin(bytes: Buffer, at: number): Origin {
  return {
    sector: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    cgroup: bytes.readBigUInt64LE(at + 8),
    bytes: bytes.readUInt32LE(at + 16),
    pid: bytes.readUInt32LE(at + 20),
    tid: bytes.readUInt32LE(at + 24),
    comm: text(bytes, at + 28, 16),
  };
}

export interface Slowest {
  readonly latencyNs: number;
  readonly epoch: number;
  readonly disk: number;
  readonly flags: number;
  readonly origin: Origin;
}

export function decodeSlowest(bytes: Buffer, at: number): Slowest {
  return {
    latencyNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    epoch: bytes.readUInt32LE(at + 8),
    disk: bytes.readUInt32LE(at + 12),
    flags: bytes.readUInt32LE(at + 16),
    origin: decodeOrigin(bytes, at + 24),
  };
}

export interface Start {
  readonly beginNs: number;
  readonly isOpen: number;
  readonly isRequeued: number;
  readonly bytes: number;
  readonly issueNs: number;
  readonly disk: number;
  readonly flags: number;
}

export function decodeStart(bytes: Buffer, at: number): Start {
  return {
    beginNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    isOpen: bytes.readUInt16LE(at + 8),
    isRequeued: bytes.readUInt16LE(at + 10),
    bytes: bytes.readUInt32LE(at + 12),
    issueNs: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    disk: bytes.readUInt32LE(at + 24),
    flags: bytes.readUInt32LE(at + 28),
  };
}

export interface HistogramKey {
  readonly disk: number;
  readonly flags: number;
  readonly stage: number;
  readonly chunk: number;
}

export function decodeHistogramKey(bytes: Buffer, at: number): HistogramKey {
  return {
    disk: bytes.readUInt32LE(at),
    flags: bytes.readUInt32LE(at + 4),
    stage: bytes.readUInt32LE(at + 8),
    chunk: bytes.readUInt32LE(at + 12),
  };
}

export const skeleton = {
  name: 'biolatency',
  object: new URL('../dist/bpf/', import.meta.url),
  programs: {
    record_insert: {},
    record_issue: {},
    record_requeue: {},
    record_merge: {},
    record_complete: {},
    btf_insert: {},
    btf_issue: {},
    btf_requeue: {},
    btf_merge: {},
    btf_complete: {},
    btf_bio_queue: {},
    btf_bio_complete: {},
    raw_insert: {},
    raw_issue: {},
    raw_requeue: {},
    raw_merge: {},
    raw_complete: {},
    raw_bio_queue: {},
    raw_bio_complete: {},
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
      valueSize: 56,
      maxEntries: 1,
      key: u32,
      value: { size: 56, decode: decodeQuality },
    },
    submitted: {
      type: 'hash',
      keySize: 8,
      valueSize: 1,
      maxEntries: 1,
      key: u64,
      value: u8,
    },
    origins: {
      type: 'hash',
      keySize: 8,
      valueSize: 48,
      maxEntries: 1,
      key: u64,
      value: { size: 48, decode: decodeOrigin },
    },
    epoch: {
      type: 'array',
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
      key: u32,
      value: u32,
    },
    depth: {
      type: 'percpu_array',
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
      key: u32,
      value: u32,
    },
    slowest: {
      type: 'percpu_array',
      keySize: 4,
      valueSize: 72,
      maxEntries: 8,
      key: u32,
      value: { size: 72, decode: decodeSlowest },
    },
    starts: {
      type: 'hash',
      keySize: 8,
      valueSize: 32,
      maxEntries: 10240,
      key: u64,
      value: { size: 32, decode: decodeStart },
    },
    histograms: {
      type: 'hash',
      keySize: 16,
      valueSize: 272,
      maxEntries: 1024,
      key: { size: 16, decode: decodeHistogramKey },
      value: { size: 272, decode: decodeHistogramChunk },
    },
    histogram: {
      type: 'array',
      keySize: 4,
      valueSize: 272,
      maxEntries: 60,
      key: u32,
      value: { size: 272, decode: decodeHistogramChunk },
    },
  },
  rings: {},
  rodata: {
    histogram_unit: { offset: 0, size: 1, kind: 'u8' },
    histogram_bits: { offset: 1, size: 1, kind: 'u8' },
    histogram_sizes: { offset: 2, size: 1, kind: 'bool' },
    bios: { offset: 3, size: 1, kind: 'bool' },
    from_insert: { offset: 4, size: 1, kind: 'bool' },
    split: { offset: 5, size: 1, kind: 'bool' },
    per_disk: { offset: 6, size: 1, kind: 'bool' },
    per_flags: { offset: 7, size: 1, kind: 'bool' },
    want_slowest: { offset: 8, size: 1, kind: 'bool' },
    only_disk: { offset: 9, size: 1, kind: 'bool' },
    disk_wanted: { offset: 12, size: 4, kind: 'u32' },
    only_partition: { offset: 16, size: 1, kind: 'bool' },
    first_sector: { offset: 24, size: 8, kind: 'u64' },
    end_sector: { offset: 32, size: 8, kind: 'u64' },
    cgroup_by: { offset: 40, size: 1, kind: 'u8' },
    cgroup_wanted: { offset: 48, size: 8, kind: 'bigint' },
    keep_starts: { offset: 56, size: 1, kind: 'bool' },
  },
} as const satisfies Skeleton;
