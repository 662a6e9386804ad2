import { describe, expect, it } from 'vitest';
import { isStepped, landingPad } from '../../src/landing-pad.js';

const ENDBR64 = [0xf3, 0x0f, 0x1e, 0xfa];
const PUSH_RBP = 0x55;
const RET = 0xc3;

describe('a probe leaves out an endbr64', () => {
  it.each([
    ['before a push', [...ENDBR64, PUSH_RBP, RET]],
    ['before a push of r12', [...ENDBR64, 0x41, 0x54, RET]],
    ['with a loop that does not reach the push', [...ENDBR64, PUSH_RBP, 0x90, 0xeb, 0xfd, RET]],
    // mov $-8,%al: no jump.
    ['with a byte that would be the distance', [...ENDBR64, PUSH_RBP, 0xb0, 0xfd, RET]],
  ])('%s', (_, code) => {
    expect(landingPad(Buffer.from(code))).toBe(4);
  });
});

describe('a probe stays at the beginning', () => {
  it.each([
    ['without endbr64', [PUSH_RBP, RET]],
    ['of endbr32', [0xf3, 0x0f, 0x1e, 0xfb, PUSH_RBP, RET]],
    ['before anything else', [...ENDBR64, 0x48, 0x89, 0xf8, RET]],
    ['before a REX.B that is of no push', [...ENDBR64, 0x41, 0x89, 0xf8, RET]],
    ['where the next function begins after it', ENDBR64],
    ['where half a push is all', [...ENDBR64, 0x41]],
    ['with a jmp to the push', [...ENDBR64, PUSH_RBP, 0x5d, 0xeb, 0xfc]],
    ['with a jne to the push', [...ENDBR64, PUSH_RBP, 0x5d, 0x75, 0xfc, RET]],
    ['with a loop to the push', [...ENDBR64, PUSH_RBP, 0x5d, 0xe2, 0xfc, RET]],
    ['with a long jmp to the push', [...ENDBR64, PUSH_RBP, 0x5d, 0xe9, 0xf9, 0xff, 0xff, 0xff]],
    ['with a long je to the push', [...ENDBR64, PUSH_RBP, 0x0f, 0x84, 0xf9, 0xff, 0xff, 0xff]],
    ['of code without an end', [...ENDBR64, PUSH_RBP, ...Array(1 << 18).fill(0x90)]],
  ])('%s', (_, code) => {
    expect(landingPad(Buffer.from(code))).toBe(0);
  });
});

describe('what a probe lies on is', () => {
  it.each([
    ['emulated: push', [PUSH_RBP], false],
    ['emulated: push of r12', [0x41, 0x54], false],
    ['emulated: jmp', [0xe9, 0, 0, 0, 0], false],
    ['emulated: jne', [0x0f, 0x85, 0, 0, 0, 0], false],
    ['single-stepped: endbr64', ENDBR64, true],
    ['single-stepped: mov', [0x48, 0x89, 0xf8], true],
    ['single-stepped: ret', [RET], true],
  ])('%s', (_, code, stepped) => {
    expect(isStepped(Buffer.from(code))).toBe(stepped);
  });
});
