import { closeSync, openSync, readSync } from 'node:fs';

/** endbr64, with which each function begins that was built with -fcf-protection, as Ubuntu and Fedora do. */
const ENDBR64 = Buffer.from([0xf3, 0x0f, 0x1e, 0xfa]);
/** More code than that up to the next function is not looked through. */
const MOST_CODE = 1 << 18;

export interface Place {
  /** Where in the file. */
  readonly offset: bigint;
  /** The kernel single-steps the instruction there, so that a probe of it costs more. */
  readonly isStepped: boolean;
}

/**
 * Where the probes of functions go, `offsets` into an x86-64 program or library: after an endbr64 that a push follows. The
 * kernel single-steps the one and emulates the other (push_setup_ops() of arch/x86/kernel/uprobes.c), which is a tenth of
 * the cost in some virtual machines; the stack is the same at both. `all`: where functions begin, to tell their ends.
 */
export function afterLandingPads(
  file: string,
  offsets: readonly bigint[],
  all: BigUint64Array,
): Place[] {
  if (process.arch !== 'x64' || offsets.length === 0) {
    return offsets.map((offset) => ({ offset, isStepped: false }));
  }
  const starts = all.slice().sort();
  const fd = openSync(file, 'r');
  try {
    return offsets.map((offset) => {
      const length = Math.min(Number(nextOf(starts, offset) - offset), MOST_CODE);
      const code = Buffer.alloc(length);
      const read = code.subarray(0, readSync(fd, code, 0, length, Number(offset)));
      const pad = landingPad(read);
      return { offset: offset + BigInt(pad), isStepped: isStepped(read.subarray(pad)) };
    });
  } finally {
    closeSync(fd);
  }
}

/** Where the first function after `offset` begins; past what is looked through when there is none. */
function nextOf(starts: BigUint64Array, offset: bigint): bigint {
  let [from, to] = [0, starts.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((starts[middle] ?? 0n) > offset) to = middle;
    else from = middle + 1;
  }
  return starts[from] ?? offset + BigInt(MOST_CODE);
}

/**
 * The length of the endbr64 that a probe of the function may leave out, 0 for none: where no push follows, or where the
 * code, up to the next function, has what may be a jump back to that push, which would be taken for a call.
 */
export function landingPad(code: Buffer): number {
  const { length } = ENDBR64;
  if (code.length >= MOST_CODE || !code.subarray(0, length).equals(ENDBR64)) return 0;
  if (!isPush(code.subarray(length))) return 0;
  for (let at = length; at < code.length; at++) {
    if (isShortJump(code[at - 1] ?? 0) && at + 1 + code.readInt8(at) === length) return 0;
    if (at + 4 <= code.length && at + 4 + code.readInt32LE(at) === length) return 0;
  }
  return length;
}

/** A register of the first eight, or with REX.B another. */
function isPush(code: Buffer): boolean {
  const push = code[0] === 0x41 ? code[1] : code[0];
  return push !== undefined && (push & 0xf8) === 0x50;
}

/** All but what the kernel emulates: push, nop, call, jmp and jcc (branch_setup_ops() of arch/x86/kernel/uprobes.c). */
export function isStepped(code: Buffer): boolean {
  const [first = 0, second = 0] = code;
  const isLongJump = first === 0x0f && (second & 0xf0) === 0x80;
  const isBranch = [0x90, 0xe8, 0xe9, 0xeb].includes(first) || (first & 0xf0) === 0x70;
  return !isPush(code) && !isBranch && !isLongJump;
}

/** jmp, jcc, loop and jrcxz of 8 bits. */
function isShortJump(opcode: number): boolean {
  return opcode === 0xeb || (opcode & 0xf0) === 0x70 || (opcode & 0xfc) === 0xe0;
}
