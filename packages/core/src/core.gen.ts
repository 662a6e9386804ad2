// generated from core.bpf.o by scripts/layout.mjs; do not edit
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

export interface HistogramChunk {
  readonly sumNs: number;
  readonly bytes: number;
  readonly slots: number[];
}

export function decodeHistogramChunk(bytes: Buffer, at: number): HistogramChunk {
  return {
    sumNs: bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at),
    bytes: bytes.readUInt32LE(at + 12) * 4294967296 + bytes.readUInt32LE(at + 8),
    slots: Array.from({ length: 32 }, (_, i) => bytes.readUInt32LE(at + 16 + i * 8 + 4) * 4294967296 + bytes.readUInt32LE(at + 16 + i * 8)),
  };
}
