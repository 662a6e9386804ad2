import { describe, expect, it } from 'vitest';
import { BpfError, UsageError } from '../../src/errors.js';
import { calling, callingSync, nativeError } from '../../src/native.js';

// What the verifier of 6.1 says of a pointer that was not tested, log level 1.
const LOG = `reg type unsupported for arg#0 function sample#17
0: R1=ctx(off=0,imm=0) R10=fp0
; sampling_ = bpf_map_lookup_elem(&sampling, &zero);
0: (18) r1 = 0xffff8881034a1800       ; R1_w=map_ptr(off=0,ks=4,vs=32,imm=0)
2: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,off=0,ks=4,vs=32,imm=0)
; sampling_->runs++;
3: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
verification time 112 usec
stack depth 4
processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

describe('BpfError', () => {
  it('is one line of verb, subject, code, detail and hint', () => {
    expect(new BpfError({ code: 'ENOENT', op: 'attach' }).message).toBe('attach failed: ENOENT');
    expect(
      new BpfError({
        code: 'EPERM',
        op: 'load',
        subject: 'sample',
        detail: 'not permitted',
        hint: 'run as root',
      }).message,
    ).toBe('load of "sample" failed: EPERM: not permitted; run as root');
  });

  it("says the verifier's verdict and where it stands, and keeps the log", () => {
    const error = new BpfError({
      code: 'EACCES',
      op: 'load',
      subject: 'sample',
      detail: 'libbpf: failed',
      verifierLog: LOG,
    });
    expect(error.message).toBe(
      `load of "sample" failed: EACCES: R0 invalid mem access 'map_value_or_null' at "sampling_->runs++;"; --verbose shows the log`,
    );
    expect(error.verifierLog).toBe(LOG);
  });

  it('needs no source line, no statistics, no log', () => {
    const of = (verifierLog: string) =>
      new BpfError({ code: 'EACCES', op: 'load', detail: 'why', verifierLog }).message;
    expect(of('R2 !read_ok')).toBe('load failed: EACCES: R2 !read_ok; --verbose shows the log');
    expect(of('processed 1 insns\n')).toBe('load failed: EACCES: why');
    expect(of('')).toBe('load failed: EACCES: why');
  });

  it.each([
    ['load', 'EPERM', 3],
    ['load', 'EACCES', 3],
    ['attach', 'EOPNOTSUPP', 3],
    ['attach', 'ENOENT', 3],
    ['perf_event_open', 'EINVAL', 3],
    ['btf', 'ENOENT', 3],
    ['load', 'ENOMEM', 1],
    ['load', 'E2BIG', 1],
    ['open', 'ENOENT', 1],
    ['open', 'EACCES', 1],
    ['configure', 'EINVAL', 1],
    ['map', 'ECLOSED', 1],
    ['map', 'EINVAL', 1],
    ['flamegraph', 'EINVAL', 1],
  ])('of %s with %s exits with %d', (op, code, exitCode) =>
    expect(new BpfError({ op, code }).exitCode).toBe(exitCode),
  );
});

describe("the add-on's errors", () => {
  const thrown = new Error('{"code":"EBUSY","op":"attach","subject":"start","detail":"taken"}');

  it('become BpfError, with the original as cause', async () => {
    const expected = {
      name: 'BpfError',
      code: 'EBUSY',
      op: 'attach',
      subject: 'start',
      cause: thrown,
    };
    expect(nativeError(thrown)).toMatchObject(expected);
    expect(() =>
      callingSync(() => {
        throw thrown;
      }),
    ).toThrow(expect.objectContaining(expected));
    await expect(calling(() => Promise.reject(thrown))).rejects.toMatchObject(expected);
    await expect(
      calling(() => {
        throw thrown;
      }),
    ).rejects.toMatchObject(expected);
  });

  it('of another kind pass unchanged', () => {
    for (const error of [new Error('no JSON'), new UsageError('x'), 'a string', undefined])
      expect(nativeError(error)).toBe(error);
  });
});
