import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineAt } from '@probekit/core/testing';
import { describe, expect, inject, it } from 'vitest';
import { buildBpf } from '../../../scripts/build-bpf.mjs';

const machine = await machineAt(inject('guest'));
const core = fileURLToPath(import.meta.resolve('@probekit/core'));
const object = buildBpf({
  directory: import.meta.dirname,
  out: mkdtempSync(path.join(tmpdir(), 'probekit-refused-')),
}).find((file: string) => file.endsWith(`/${process.arch}/refused.bpf.o`)) as string;
await machine.copyIn(object);

/** Loads one program of an object through core, and prints the error as core words it. */
const LOAD = `
  const [core, file, program] = process.argv.slice(1);
  const { TypedObject } = await import(core);
  const skeleton = {
    name: 'refused', object: 'file:///', programs: Object.fromEntries(
      ['endless_loop', 'long_loop', 'out_of_bounds', 'deep_stack'].map((name) => [name, {}]),
    ), maps: {}, rings: {}, rodata: {},
  };
  await TypedObject.load(skeleton, { file, programs: [program] }).then(
    () => console.log('{}'),
    ({ message, code, subject, verifierLog }) =>
      console.log(JSON.stringify({ message, code, subject, log: verifierLog?.slice(-4000) })),
  );`;

/** The longest name of a tool stands before the message. */
const NAME = 'tcpconnlat: '.length;

interface Refusal {
  readonly program: string;
  /** Kernels differ. */
  readonly codes: readonly string[];
  readonly check: RegExp;
  /** The lines of C that may be named. */
  readonly lines: RegExp;
}

const refusals: Refusal[] = [
  {
    program: 'endless_loop',
    codes: ['EINVAL'],
    check: /infinite loop detected/,
    lines: /number/,
  },
  {
    program: 'long_loop',
    codes: ['E2BIG'],
    check: /program is too large|too complex/,
    lines: /:4\d\b|number|i < /,
  },
  {
    program: 'out_of_bounds',
    codes: ['EACCES'],
    check: /invalid access to map value.* off=56 size=8/,
    lines: /:55\b|return number/,
  },
  {
    program: 'deep_stack',
    codes: ['EACCES'],
    check: /combined stack size of 2 calls is \d+\. Too large/,
    lines: /:7\d\b|deeper/,
  },
];

/** A million instructions, three times over, once with a log of 16 MB: in emulation that takes a minute. */
const affordable = refusals.filter(
  ({ program }) => machine.name === 'host' || program !== 'long_loop',
);

describe('a program that the verifier refuses', () => {
  it.each(affordable)('$program: one line names it, the check and the source', async (expected) => {
    const { program, codes, check, lines } = expected;
    const script = [process.execPath, '--input-type=module', '-e', LOAD, core, object, program];
    const { code, stdout, stderr } = await machine.run(script);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const said = JSON.parse(stdout);
    expect(codes).toContain(said.code);
    expect(said.subject).toBe(program);
    expect(said.message).toMatch(new RegExp(`^load of "${program}" failed: ${said.code}: `));
    expect(said.message).toMatch(check);
    const [, source] = / at ((?:\S+:\d+)?.*); --verbose shows the log$/.exec(said.message) ?? [];
    expect(source).toMatch(lines);
    expect(said.message).not.toContain('\n');
    expect(said.message.length + NAME).toBeLessThanOrEqual(160);
    // The whole log is there for --verbose, its end included.
    expect(said.log).toMatch(check);
  });
});
