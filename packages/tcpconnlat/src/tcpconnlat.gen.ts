// generated from tcpconnlat.bpf.o by scripts/layout.mjs; do not edit
import { bigint, decodeHistogramChunk, decodeStats, type Skeleton, text, u8, u32, u64 } from '@probekit/core';

export interface Quality {
  readonly callsNotKept: number;
  readonly synRetransmitted: number;
  readonly lateResponses: number;
  readonly responsesNotTimed: number;
  readonly stagesNotCounted: number;
  readonly queueFilled: number;
  readonly syncookies: number;
  readonly handshakesNotTimed: number;
  readonly acceptsNotTimed: number;
  readonly listenersNotFound: number;
  readonly listenersNotKept: number;
}

export function decodeQuality(bytes: Buffer, at: number): Quality {
  return {
    callsNotKept: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    synRetransmitted: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    lateResponses: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    responsesNotTimed: bytes.readUInt32LE(at + 28) * 4294967296 + bytes.readUInt32LE(at + 24),
    stagesNotCounted: bytes.readUInt32LE(at + 36) * 4294967296 + bytes.readUInt32LE(at + 32),
    queueFilled: bytes.readUInt32LE(at + 44) * 4294967296 + bytes.readUInt32LE(at + 40),
    syncookies: bytes.readUInt32LE(at + 52) * 4294967296 + bytes.readUInt32LE(at + 48),
    handshakesNotTimed: bytes.readUInt32LE(at + 60) * 4294967296 + bytes.readUInt32LE(at + 56),
    acceptsNotTimed: bytes.readUInt32LE(at + 68) * 4294967296 + bytes.readUInt32LE(at + 64),
    listenersNotFound: bytes.readUInt32LE(at + 76) * 4294967296 + bytes.readUInt32LE(at + 72),
    listenersNotKept: bytes.readUInt32LE(at + 84) * 4294967296 + bytes.readUInt32LE(at + 80),
  };
}

export interface IpAddress {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export function decodeIpAddress(bytes: Buffer, at: number): IpAddress {
  return {
    a: bytes.readUInt32LE(at),
    b: bytes.readUInt32LE(at + 4),
    c: bytes.readUInt32LE(at + 8),
    d: bytes.readUInt32LE(at + 12),
  };
}

export interface Destination {
  readonly address: IpAddress;
  readonly port: number;
  readonly ip: number;
  readonly result: number;
  readonly stage: number;
  readonly chunk: number;
}

export function decodeDestination(bytes: Buffer, at: number): Destination {
  return {
    address: decodeIpAddress(bytes, at),
    port: bytes.readUInt16LE(at + 16),
    ip: bytes.readUInt8(at + 18),
    result: bytes.readUInt8(at + 19),
    stage: bytes.readUInt16LE(at + 20),
    chunk: bytes.readUInt16LE(at + 22),
  };
}

export interface Ends {
  readonly saddr: IpAddress;
  readonly daddr: IpAddress;
  readonly lport: number;
  readonly dport: number;
  readonly ip: number;
  readonly mapped: boolean;
}

export function decodeEnds(bytes: Buffer, at: number): Ends {
  return {
    saddr: decodeIpAddress(bytes, at),
    daddr: decodeIpAddress(bytes, at + 16),
    lport: bytes.readUInt16LE(at + 32),
    dport: bytes.readUInt16LE(at + 34),
    ip: bytes.readUInt8(at + 36),
    mapped: bytes[at + 37] !== 0,
  };
}

export interface Arrival {
  readonly startNs: number;
  readonly handshakeNs: number;
  readonly waitNs: number;
  readonly pid: number;
  readonly tid: number;
  readonly netns: number;
  readonly synackRetransmits: number;
  readonly queueLength: number;
  readonly queueLimit: number;
  readonly ends: Ends;
  readonly error: number;
  readonly result: number;
  readonly traits: number;
  readonly isHandshakeTimed: boolean;
  readonly isWaitTimed: boolean;
  readonly comm: string;
}

export function decodeArrival(bytes: Buffer, at: number): Arrival {
  return {
    startNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    handshakeNs: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    waitNs: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    pid: bytes.readUInt32LE(at + 24),
    tid: bytes.readUInt32LE(at + 28),
    netns: bytes.readUInt32LE(at + 32),
    synackRetransmits: bytes.readUInt32LE(at + 36),
    queueLength: bytes.readUInt32LE(at + 40),
    queueLimit: bytes.readUInt32LE(at + 44),
    ends: decodeEnds(bytes, at + 48),
    error: bytes.readUInt16LE(at + 88),
    result: bytes.readUInt8(at + 90),
    traits: bytes.readUInt8(at + 91),
    isHandshakeTimed: bytes[at + 92] !== 0,
    isWaitTimed: bytes[at + 93] !== 0,
    comm: text(bytes, at + 94, 16),
  };
}

export interface Waiting {
  readonly arrival: Arrival;
  readonly listener: bigint;
  readonly isEvent: boolean;
  readonly isAccepted: boolean;
  readonly hasFile: boolean;
  readonly isOver: boolean;
}

export function decodeWaiting(bytes: Buffer, at: number): Waiting {
  return {
    arrival: decodeArrival(bytes, at),
    listener: bytes.readBigUInt64LE(at + 112),
    isEvent: bytes[at + 120] !== 0,
    isAccepted: bytes[at + 121] !== 0,
    hasFile: bytes[at + 122] !== 0,
    isOver: bytes[at + 123] !== 0,
  };
}

export interface Connection {
  readonly startNs: number;
  readonly latencyNs: number;
  readonly responseNs: number;
  readonly pid: number;
  readonly tid: number;
  readonly netns: number;
  readonly synRetransmits: number;
  readonly ends: Ends;
  readonly error: number;
  readonly result: number;
  readonly traits: number;
  readonly response: number;
  readonly comm: string;
}

export function decodeConnection(bytes: Buffer, at: number): Connection {
  return {
    startNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    latencyNs: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    responseNs: bytes.readUInt32LE(at + 20) * 4294967296 + bytes.readUInt32LE(at + 16),
    pid: bytes.readUInt32LE(at + 24),
    tid: bytes.readUInt32LE(at + 28),
    netns: bytes.readUInt32LE(at + 32),
    synRetransmits: bytes.readUInt32LE(at + 36),
    ends: decodeEnds(bytes, at + 40),
    error: bytes.readUInt16LE(at + 80),
    result: bytes.readUInt8(at + 82),
    traits: bytes.readUInt8(at + 83),
    response: bytes.readUInt8(at + 84),
    comm: text(bytes, at + 85, 16),
  };
}

export interface Call {
  readonly startNs: number;
  readonly sk: bigint;
  readonly address: bigint;
  readonly started: bigint;
  readonly undone: boolean;
}

export function decodeCall(bytes: Buffer, at: number): Call {
  return {
    startNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    sk: bytes.readBigUInt64LE(at + 8),
    address: bytes.readBigUInt64LE(at + 16),
    started: bytes.readBigUInt64LE(at + 24),
    undone: bytes[at + 32] !== 0,
  };
}

export interface Flight {
  readonly connection: Connection;
  readonly isEstablished: boolean;
  readonly isOver: boolean;
}

export function decodeFlight(bytes: Buffer, at: number): Flight {
  return {
    connection: decodeConnection(bytes, at),
    isEstablished: bytes[at + 104] !== 0,
    isOver: bytes[at + 105] !== 0,
  };
}

export const skeleton = {
  name: 'tcpconnlat',
  object: new URL('../dist/bpf/', import.meta.url),
  programs: {
    btf_state: {},
    btf_incoming: {},
    record_state: {},
    record_incoming: {},
    function_connect: {},
    function_connected: {},
    btf_enter: {},
    btf_exit: {},
    btf_accept_exit: {},
    record_enter: {},
    record_exit: {},
    record_accept_exit: {},
    btf_probe: {},
    btf_read: {},
    btf_destroy: {},
    function_accepted: {},
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
      valueSize: 88,
      maxEntries: 1,
      key: u32,
      value: { size: 88, decode: decodeQuality },
    },
    destinations: {
      type: 'hash',
      keySize: 24,
      valueSize: 272,
      maxEntries: 4096,
      key: { size: 24, decode: decodeDestination },
      value: { size: 272, decode: decodeHistogramChunk },
    },
    scope_pids: {
      type: 'hash',
      keySize: 4,
      valueSize: 1,
      maxEntries: 1,
      key: u32,
      value: u8,
    },
    scope_listeners: {
      type: 'hash',
      keySize: 8,
      valueSize: 1,
      maxEntries: 1,
      key: u64,
      value: u8,
    },
    waitings: {
      type: 'hash',
      keySize: 8,
      valueSize: 128,
      maxEntries: 1,
      key: bigint,
      value: { size: 128, decode: decodeWaiting },
    },
    calls: {
      type: 'hash',
      keySize: 4,
      valueSize: 40,
      maxEntries: 1,
      key: u32,
      value: { size: 40, decode: decodeCall },
    },
    flights: {
      type: 'hash',
      keySize: 8,
      valueSize: 112,
      maxEntries: 1,
      key: bigint,
      value: { size: 112, decode: decodeFlight },
    },
  },
  rings: {
    arrivals: { size: 112, maxEntries: 16777216, decode: decodeArrival },
    connections: { size: 104, maxEntries: 16777216, decode: decodeConnection },
  },
  rodata: {
    histogram_unit: { offset: 0, size: 1, kind: 'u8' },
    histogram_bits: { offset: 1, size: 1, kind: 'u8' },
    histogram_sizes: { offset: 2, size: 1, kind: 'bool' },
    min_ns: { offset: 8, size: 8, kind: 'u64' },
    want_histogram: { offset: 16, size: 1, kind: 'bool' },
    by_port: { offset: 17, size: 1, kind: 'bool' },
    v4_prefix: { offset: 20, size: 4, kind: 'u32' },
    v6_prefix_a: { offset: 24, size: 4, kind: 'u32' },
    v6_prefix_b: { offset: 28, size: 4, kind: 'u32' },
    v6_prefix_c: { offset: 32, size: 4, kind: 'u32' },
    v6_prefix_d: { offset: 36, size: 4, kind: 'u32' },
    scope_by_pid: { offset: 48, size: 1, kind: 'bool' },
    scope_cgroup_id: { offset: 56, size: 8, kind: 'bigint' },
    scope_pidns: { offset: 64, size: 4, kind: 'u32' },
    only_ip: { offset: 68, size: 1, kind: 'u8' },
    port_first: { offset: 70, size: 2, kind: 'u16' },
    port_last: { offset: 72, size: 2, kind: 'u16' },
    only_net: { offset: 74, size: 1, kind: 'bool' },
    net_ip: { offset: 75, size: 1, kind: 'u8' },
    net_a: { offset: 76, size: 4, kind: 'u32' },
    net_b: { offset: 80, size: 4, kind: 'u32' },
    net_c: { offset: 84, size: 4, kind: 'u32' },
    net_d: { offset: 88, size: 4, kind: 'u32' },
    mask_a: { offset: 92, size: 4, kind: 'u32' },
    mask_b: { offset: 96, size: 4, kind: 'u32' },
    mask_c: { offset: 100, size: 4, kind: 'u32' },
    mask_d: { offset: 104, size: 4, kind: 'u32' },
    want_response: { offset: 108, size: 1, kind: 'bool' },
  },
} as const satisfies Skeleton;
