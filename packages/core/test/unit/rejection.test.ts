import { describe, expect, it } from 'vitest';
import { BpfError } from '../../src/errors.js';
import { rejection } from '../../src/rejection.js';

// Ends of real logs, of the programs in native/test/host/bpf/refused.bpf.c, by kernel.
const LOGS: [name: string, log: string, check: string, source: string][] = [
  [
    'an endless loop on 5.10',
    `; *number = *number + 1;
10: (79) r1 = *(u64 *)(r0 +0)
 R0_w=map_value(id=0,off=0,ks=4,vs=32,imm=0) R1_w=inv(id=0) R10=fp0 fp-8=mmmm????
; while (*number != 7)
14: (55) if r1 != 0x7 goto pc-5
; *number = *number + 1;
infinite loop detected at insn 10
processed 24 insns (limit 1000000) max_states_per_insn 0 total_states 2 peak_states 2 mark_read 1
`,
    'infinite loop detected',
    '"*number = *number + 1;"',
  ],
  [
    'an endless loop on 6.12',
    `; *number = *number + 1; @ refused.bpf.c:31
10: (79) r1 = *(u64 *)(r0 +0)         ; R0=map_value(map=numbers,ks=4,vs=32) R1_w=scalar()
; while (*number != 7) @ refused.bpf.c:30
14: (55) if r1 != 0x7 goto pc-5 ; *number = *number + 1; @ refused.bpf.c:31
infinite loop detected at insn 10
cur state: R0=map_value(map=numbers,ks=4,vs=32) R1_w=scalar() R10=fp0 fp-8=mmmm????
old state: R0_r=map_value(map=numbers,ks=4,vs=32) R1_w=scalar() R10=fp0 fp-8=mmmm????
processed 24 insns (limit 1000000) max_states_per_insn 0 total_states 2 peak_states 2 mark_read 1
`,
    'infinite loop detected',
    'refused.bpf.c:31 "*number = *number + 1;"',
  ],
  [
    'a loop without end in sight on 7.3: the log that was cut, and the verdict of a second load',
    `; *number += i; @ refused.bpf.c:44
9: (79) r2 = *(u64 *)(r0 +0)          ; R0=map_value(map=numbers,ks=4,vs=32) R2=scalar()
10: (bf) r3 = r1
arg#0 reference type('UNKNOWN ') size cannot be determined: -22
BPF program is too large. Processed 1000001 insn
verification time 2368313 usec
stack depth max 0
subprog 0 (long_loop) main insns_self 1000001 insns_total 1000001 stack 8
processed 1000001 insns (limit 1000000) max_states_per_insn 4 total_states 9805 peak_states 9805 mark_read 0
`,
    'BPF program is too large. Processed 1000001 insn',
    'refused.bpf.c:44 "*number += i;"',
  ],
  [
    'an access out of bounds on 5.10',
    `; return number[number[0] & 7];
12: (79) r6 = *(u64 *)(r0 +0)
 R0_w=map_value(id=0,off=0,ks=4,vs=32,umax_value=56,var_off=(0x0; 0x38))
invalid access to map value, value_size=32 off=56 size=8
R0 max value is outside of the allowed memory range
processed 12 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`,
    'invalid access to map value, value_size=32 off=56 size=8',
    '"return number[number[0] & 7];"',
  ],
  [
    'an access out of bounds on 7.3, which explains itself',
    `; return number[number[0] & 7]; @ refused.bpf.c:55
12: (79) r6 = *(u64 *)(r0 +0)
invalid access to map value, value_size=32 off=56 size=8
R0 max value is outside of the allowed memory range

Verification failed: Memory Safety: Access outside bounds

Reason:
  The verifier cannot prove offset + access_size <= object_size.

Suggestion:
  Add or adjust a bounds check that proves offset + access_size stays within the object.

processed 12 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`,
    'invalid access to map value, value_size=32 off=56 size=8',
    'refused.bpf.c:55 "return number[number[0] & 7];"',
  ],
  [
    'a stack too deep on 6.18, at log level 2',
    `; return deeper(bpf_get_prandom_u32()) + room[bpf_get_prandom_u32() & 127]; @ refused.bpf.c:73
10: (85) call pc+10
; room[seed & 127] = 1; @ refused.bpf.c:61
21: (bf) r2 = r1
20: (95) exit
(0) live stack update done in 2 iterations
combined stack size of 2 calls is 608. Too large
processed 36 insns (limit 1000000) max_states_per_insn 0 total_states 2 peak_states 2 mark_read 0
`,
    'combined stack size of 2 calls is 608. Too large',
    'refused.bpf.c:73 "return deeper(bpf_get_prandom_u32()) + room[bpf_get_prandom_u32() & 127];"',
  ],
];

describe('a rejection', () => {
  it.each(LOGS)('of %s', (_, log, check, source) =>
    expect(rejection(log)).toEqual({ check, source }),
  );

  it('needs no source', () => {
    expect(rejection('R2 !read_ok')).toEqual({ check: 'R2 !read_ok' });
  });

  it('is none where the log has no verdict', () => {
    expect(rejection('')).toBeUndefined();
    expect(rejection('processed 1 insns (limit 1000000)\n')).toBeUndefined();
  });

  it.each(LOGS)('of %s fits a line behind the longest name', (_, verifierLog) => {
    const { message } = new BpfError({
      code: 'EACCES',
      op: 'load',
      subject: 'block_rq_complete',
      verifierLog,
    });
    expect(`biolatency: ${message}`.length).toBeLessThanOrEqual(160);
    expect(message).toMatch(/ at (refused\.bpf\.c:\d+|"\S).*; --verbose shows the log$/);
  });

  it('leaves the file and the number when there is no room for the text', () => {
    const verifierLog = `; ${'long '.repeat(20)} @ refused.bpf.c:55
1: (79) r6 = *(u64 *)(r0 +0)
math between map_value pointer and register with unbounded min value is not allowed
`;
    expect(
      new BpfError({ code: 'EACCES', op: 'load', subject: 'sample', verifierLog }).message,
    ).toBe(
      'load of "sample" failed: EACCES: math between map_value pointer and register with unbounded mi... at refused.bpf.c:55; --verbose shows the log',
    );
  });
});
