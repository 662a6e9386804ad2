import { describe, expect, it } from 'vitest';
import { breaches, imports } from '../check/dependency-rule.mjs';

const TOOLS = ['profile', 'biolatency'];

describe('who may import whom', () => {
  it.each([
    ['packages/core/src/native.ts', `createRequire(import.meta.url)('@probekit/native')`],
    ['packages/core/src/native.ts', `export type { Probe } from '@probekit/native';`],
    ['packages/core/src/render/text.ts', `import { escapeText } from '../escape.js';`],
    ['packages/core/src/render/text.ts', `import type { BpfMap } from '../map.js';`],
    ['packages/profile/src/profile.ts', `import { defineTool } from '@probekit/core';`],
    ['packages/profile/src/svg.ts', `const { flamegraph } = await import('@probekit/flamegraph');`],
    ['packages/doctor/src/tools.ts', `const { profile } = await import('@probekit/profile');`],
    ['packages/profile/src/a.ts', `// import { native } from '@probekit/native';`],
    ['packages/core/src/render/text.ts', `/** As BCC's profile prints them. */`],
  ])('allows %s: %s', (file, text) => {
    expect(breaches(file, text, TOOLS)).toEqual([]);
  });

  it.each([
    ['packages/core/src/map.ts', `import { btf } from '@probekit/native';`, 'native.ts'],
    ['packages/core/src/map.ts', `import type { BpfMap } from '@probekit/native';`, 'native.ts'],
    ['packages/profile/src/profile.ts', `await import('@probekit/native')`, 'native.ts'],
    ['packages/core/src/index.ts', `export * from '@probekit/flamegraph';`, 'no package'],
    [
      'packages/core/src/render/text.ts',
      `import { BpfMap } from '../map.js';`,
      'without the kernel',
    ],
    ['packages/core/src/render/text.ts', `import {\n  native,\n} from '../native.js';`, 'kernel'],
    ['packages/biolatency/src/a.ts', `import { profile } from '@probekit/profile';`, 'a tool'],
    ['packages/profile/src/a.ts', `import { flamegraph } from '@probekit/flamegraph';`, 'a tool'],
    ['packages/doctor/src/tools.ts', `import { profile } from '@probekit/profile';`, 'a tool'],
    ['packages/profile/src/a.ts', `await import('@probekit/doctor');`, 'a tool'],
    ['packages/profile/src/a.ts', `import { map } from '../../core/src/map.js';`, 'exports'],
    ['packages/profile/src/a.ts', `process.exit(1);`, 'process.exitCode'],
    ['packages/core/src/hints.ts', `const name = 'biolatency';`, 'no tool'],
    ['native/src/lib.rs', `let name = "profile";`, 'no tool'],
  ])('refuses %s: %s', (file, text, because) => {
    const found = breaches(file, text, TOOLS);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(because);
  });
});

it('reads every way to import', () => {
  const text = `
import './side.js';
import type { A } from './a.js';
export { b } from './b.js';
const c = await import('./c.js');
const d = require('./d.js');
`;
  expect(imports(text)).toEqual([
    { module: './side.js', lazy: false, typeOnly: false },
    { module: './a.js', lazy: false, typeOnly: true },
    { module: './b.js', lazy: false, typeOnly: false },
    { module: './c.js', lazy: true, typeOnly: false },
    { module: './d.js', lazy: true, typeOnly: false },
  ]);
});
