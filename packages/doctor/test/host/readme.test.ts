import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { facts } from '../../src/facts.js';
import { TOOLS } from '../../src/tools.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const shown = /^TOOL .*?(?=^```)/ms.exec(readme)?.[0] ?? '';
const [tools = '', missing = '', machine = ''] = shown.split('\n\n');

it('the example tells every fact once, and every tool', () => {
  const works = /^works {9}(.*?)^settings/ms.exec(machine)?.[1]?.replace(/\s+/g, ' ').trim() ?? '';
  const lacks = missing
    .split('\n')
    .slice(1)
    .map((line) => line.split(/ {2,}/)[0]);
  const labels = facts().map(({ label }) => label);
  expect([...works.split(', '), ...lacks].sort()).toEqual(labels.sort());
  const names = tools
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(' ')[0])
    .filter((name) => name !== '');
  expect(names).toEqual(Object.keys(TOOLS));
});
