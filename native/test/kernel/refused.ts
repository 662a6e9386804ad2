import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from '@probekit/core/testing';
import { expect } from 'vitest';
import { buildBpf } from '../../../scripts/build-bpf.mjs';

const core = fileURLToPath(import.meta.resolve('@probekit/core'));

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

export interface Refusal {
  readonly program: string;
  /** Kernels differ. */
  readonly codes: readonly string[];
  readonly check: RegExp;
  /** The lines of C that may be named. */
  readonly lines: RegExp;
}

/** Programs that a verifier refuses, built and put on a machine. */
export async function refusedObject(machine: Machine) {
  const out = mkdtempSync(path.join(tmpdir(), 'probekit-refused-'));
  const object = buildBpf({ directory: import.meta.dirname, out }).find((file: string) =>
    file.endsWith(`/${process.arch}/refused.bpf.o`),
  ) as string;
  await machine.copyIn(object);
  return {
    /** One line names the program, the check and the source, and the whole log is there. */
    async expectRefusal({ program, codes, check, lines }: Refusal): Promise<void> {
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
    },
    remove: () => rmSync(out, { recursive: true }),
  };
}
