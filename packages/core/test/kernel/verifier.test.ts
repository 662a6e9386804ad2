import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineAt } from '@probekit/core/testing';
import { expect, inject, it } from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const script = fileURLToPath(new URL('../../dist/testing/verify-objects.js', import.meta.url));
const machine = await machineAt(inject('guest'));

type Configurations = Record<string, Record<string, unknown>>;

/** Every tool, as it is by default and as its own fixture says that it is heaviest. */
const tools = ['packages', 'examples'].flatMap((top) =>
  readdirSync(path.join(root, top))
    .map((name) => ({ name, directory: path.join(root, top, name) }))
    .filter(
      ({ name, directory }) => name !== 'core' && existsSync(path.join(directory, 'dist/bpf')),
    )
    .map(({ name, directory }) => ({
      name,
      directory,
      module: path.join(directory, `dist/${name}.js`),
      configurations: { [name]: {}, ...heaviest(name, directory) },
    })),
);

/** Values of .rodata, by the name of a configuration: what costs the verifier most. */
function heaviest(name: string, directory: string): Configurations {
  const file = path.join(directory, 'test/fixtures/heaviest.json');
  const said = JSON.parse(readFileSync(file, 'utf8')) as Configurations;
  return Object.fromEntries(
    Object.entries(said).map(([title, rodata]) => [`${name}, ${title}`, rodata]),
  );
}

it.each(tools)('$name says a value of every variable that it is heaviest with', async (tool) => {
  const { skeleton } = await import(path.join(tool.directory, `dist/${tool.name}.gen.js`));
  const said = Object.values(tool.configurations).flatMap(Object.keys);
  expect([...new Set(said)].sort()).toEqual(Object.keys(skeleton.rodata).sort());
});

it('the verifier takes every program whose hook is there', async ({ task }) => {
  const { code, stdout, stderr } = await machine.run([
    process.execPath,
    script,
    JSON.stringify(tools),
  ]);
  expect(code, stderr).toBe(0);
  const instructions = JSON.parse(stdout) as Record<string, Record<string, number>>;
  for (const [object, programs] of Object.entries(instructions)) {
    expect(Object.keys(programs), object).not.toEqual([]);
    for (const count of Object.values(programs)) expect(count).toBeGreaterThan(0);
  }
  task.meta.instructions = instructions;
});
