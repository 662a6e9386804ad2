// Which instructions the verifier can come to, with what CO-RE relocations make constant: it takes no notice of a poisoned
// one behind a branch that is never taken. Less is followed here than by the verifier: registers whose value is
// known for certain, so that what is called unreachable is.
import type { Code } from './object.js';

/** A value that is known; undefined: not known. */
type Value = bigint | undefined;
/** Registers r0 to r9, and at their offsets from r10 the slots of the stack. */
interface State {
  readonly registers: Value[];
  readonly stack: Map<number, bigint>;
}

// linux/bpf_common.h, linux/bpf.h
const LDX = 1;
const ST = 2;
const STX = 3;
const ALU = 4;
const JMP = 5;
const JMP32 = 6;
const ALU64 = 7;
const WIDE_IMMEDIATE = 0x18;
const FROM_REGISTER = 0x08;
const DOUBLE_WORD = 0x18;
const MEMORY = 0x60;
const ATOMIC = 0xc0;
const FRAME = 10;
const JA = 0x0;
const CALL = 0x8;
const EXIT = 0x9;

/** By operation, on 64 bits without a sign. */
const ARITHMETIC: Readonly<Record<number, (a: bigint, b: bigint, bits: bigint) => bigint>> = {
  0: (a, b) => a + b,
  1: (a, b) => a - b,
  4: (a, b) => a | b,
  5: (a, b) => a & b,
  6: (a, b, bits) => a << (b & (bits - 1n)),
  7: (a, b, bits) => a >> (b & (bits - 1n)),
  10: (a, b) => a ^ b,
  11: (_, b) => b,
};
const AND = 0x5;
const MOVE = 0xb;

const COMPARISON: Readonly<
  Record<number, (a: bigint, b: bigint, sign: (x: bigint) => bigint) => boolean>
> = {
  1: (a, b) => a === b,
  2: (a, b) => a > b,
  3: (a, b) => a >= b,
  4: (a, b) => (a & b) !== 0n,
  5: (a, b) => a !== b,
  6: (a, b, sign) => sign(a) > sign(b),
  7: (a, b, sign) => sign(a) >= sign(b),
  10: (a, b) => a < b,
  11: (a, b) => a <= b,
  12: (a, b, sign) => sign(a) < sign(b),
  13: (a, b, sign) => sign(a) <= sign(b),
};

/**
 * The instructions of a section that can be reached from the start of one of its functions.
 * @param answers what instructions that ask for existence get, by their place
 * @param poisoned where a run would end
 */
export function reachable(
  { bytes, functions }: Code,
  answers: ReadonlyMap<number, bigint>,
  poisoned: ReadonlySet<number>,
): Set<number> {
  const states = new Map<number, State>();
  const open: number[] = [];
  const reach = (at: number, state: State) => {
    const known = states.get(at);
    const joined = known ? join(known, state) : state;
    if (joined === known) return;
    states.set(at, joined);
    open.push(at);
  };
  for (const start of functions) reach(start, { registers: new Array(10), stack: new Map() });
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const state = states.get(at);
    if (!state || poisoned.has(at)) continue;
    const code = bytes.readUInt8(at * 8);
    const wide = code === WIDE_IMMEDIATE;
    const answer = answers.get(at);
    if (answer !== undefined) {
      reach(at + (wide ? 2 : 1), withRegister(state, bytes.readUInt8(at * 8 + 1) & 0xf, answer));
    } else if ((code & 7) === JMP || (code & 7) === JMP32) {
      for (const [to, then] of jump(bytes, at, state)) reach(to, then);
    } else {
      reach(at + (wide ? 2 : 1), step(bytes, at, state));
    }
  }
  return new Set(states.keys());
}

/** What is known on both ways; the first itself where the second takes nothing from it. */
function join(known: State, other: State): State {
  const differs = (value: Value, i: number) => value !== undefined && other.registers[i] !== value;
  const lost = [...known.stack].filter(([slot, value]) => other.stack.get(slot) !== value);
  if (!known.registers.some(differs) && lost.length === 0) return known;
  const stack = new Map(known.stack);
  for (const [slot] of lost) stack.delete(slot);
  return {
    registers: Array.from(known.registers, (value, i) => (differs(value, i) ? undefined : value)),
    stack,
  };
}

function withRegister(state: State, register: number, value: Value): State {
  const registers = Array.from(state.registers);
  if (register < FRAME) registers[register] = value;
  return { registers, stack: state.stack };
}

function fields(bytes: Buffer, at: number) {
  const code = bytes.readUInt8(at * 8);
  const pair = bytes.readUInt8(at * 8 + 1);
  return {
    code,
    kind: code & 7,
    operation: code >> 4,
    destination: pair & 0xf,
    source: pair >> 4,
    offset: bytes.readInt16LE(at * 8 + 2),
    immediate: BigInt(bytes.readInt32LE(at * 8 + 4)),
  };
}

function step(bytes: Buffer, at: number, state: State): State {
  const { code, kind, operation, destination, source, offset, immediate } = fields(bytes, at);
  const whole = (code & 0x18) === DOUBLE_WORD;
  switch (kind) {
    case ALU:
    case ALU64: {
      const bits = kind === ALU ? 32n : 64n;
      const cut = (value: Value) =>
        value === undefined ? value : BigInt.asUintN(Number(bits), value);
      const a = cut(state.registers[destination]);
      const b = cut(code & FROM_REGISTER ? state.registers[source] : immediate);
      const compute = ARITHMETIC[operation];
      let value: Value;
      if (operation === MOVE) value = offset === 0 ? b : undefined;
      else if (operation === AND && (a === 0n || b === 0n)) value = 0n;
      else if (compute && a !== undefined && b !== undefined) value = cut(compute(a, b, bits));
      return withRegister(state, destination, value);
    }
    case LDX: {
      const spilled = source === FRAME && whole && (code & 0xe0) === MEMORY;
      return withRegister(state, destination, spilled ? state.stack.get(offset) : undefined);
    }
    case ST:
    case STX: {
      const stack = new Map(state.stack);
      if ((code & 0xe0) === ATOMIC || destination !== FRAME) {
        // It may go anywhere, and some bring back what was there.
        const registers = Array.from(state.registers);
        if ((code & 0xe0) === ATOMIC) registers[0] = registers[source] = undefined;
        return { registers, stack: new Map() };
      }
      for (const slot of stack.keys()) if (Math.abs(slot - offset) < 8) stack.delete(slot);
      const value = kind === ST ? BigInt.asUintN(64, immediate) : state.registers[source];
      if (whole && value !== undefined) stack.set(offset, value);
      return { registers: state.registers, stack };
    }
    default: // A wide immediate: most are addresses, which the loader fills in. Or an old way to load from packets.
      return withRegister(withRegister(state, destination, undefined), 0, undefined);
  }
}

function jump(bytes: Buffer, at: number, state: State): [number, State][] {
  const { code, kind, operation, destination, source, offset, immediate } = fields(bytes, at);
  const next = at + 1;
  const target = next + offset;
  if (operation === EXIT) return [];
  if (operation === CALL) {
    const registers = Array.from(state.registers);
    registers.fill(undefined, 0, 6);
    return [[next, { registers, stack: new Map() }]];
  }
  if (operation === JA) return [[kind === JMP32 ? next + Number(immediate) : target, state]];
  const bits = kind === JMP32 ? 32 : 64;
  const a = state.registers[destination];
  const b = code & FROM_REGISTER ? state.registers[source] : immediate;
  const compare = COMPARISON[operation];
  if (!compare || a === undefined || b === undefined)
    return [
      [next, state],
      [target, state],
    ];
  const [left, right] = [BigInt.asUintN(bits, a), BigInt.asUintN(bits, b)];
  const taken = compare(left, right, (value) => BigInt.asIntN(bits, value));
  return [[taken ? target : next, state]];
}
