import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const script = fileURLToPath(new URL('../../dist/testing/verify-objects.js', import.meta.url));
const machine = await machineAt(inject('guest'));

/** The built objects of every tool. */
function objects(): string[] {
  return ['packages', 'examples'].flatMap((top) =>
    readdirSync(path.join(root, top))
      .map((name) => path.join(root, top, name, 'dist/bpf', process.arch))
      .filter((directory) => existsSync(directory))
      .flatMap((directory) => readdirSync(directory).map((file) => path.join(directory, file))),
  );
}

it('the verifier takes every program that a plan of the matrix loads', async ({ task }) => {
  const { code, stdout, stderr } = await machine.run([process.execPath, script, ...objects()]);
  expect(code, stderr).toBe(0);
  const instructions = JSON.parse(stdout) as Record<string, Record<string, number>>;
  for (const [object, programs] of Object.entries(instructions)) {
    expect(Object.keys(programs), object).not.toEqual([]);
    for (const count of Object.values(programs)) expect(count).toBeGreaterThan(0);
  }
  task.meta.instructions = instructions;
});
