import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis.js';
import { TOOLS } from '../../src/tools.js';

const packages = new URL('../../../', import.meta.url);

/** The packages that compile a BPF object. */
const traced = readdirSync(packages).filter((name) => {
  if (name === 'core') return false;
  const manifest = JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), 'utf8'));
  return 'build:bpf' in manifest.scripts;
});

describe('the list of tools', () => {
  it('has every package that traces, and no other', () => {
    expect(Object.keys(TOOLS).sort()).toEqual(traced.sort());
  });

  it.each(Object.entries(TOOLS))('finds %s under its own name', async (name, load) => {
    const { definition } = await load();
    expect(definition.name).toBe(name);
    expect(definition.plans.length).toBeGreaterThan(0);
  });
});

describe('a name that no tool has', () => {
  it.each([
    ['profil', 'no tool "profil"; did you mean profile?'],
    ['toString', /^no tool "toString"; there are .*profile/],
  ])('%s is wrong usage', async (name, message) => {
    await expect(diagnose([name])).rejects.toMatchObject({ exitCode: 2 });
    await expect(diagnose([name])).rejects.toThrow(message);
  });
});
