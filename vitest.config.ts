import { defineConfig } from 'vitest/config';
import { KERNELS } from './packages/core/src/testing/vm/kernels.js';

/** Bodies that run wherever tests can be: on this host and in a guest of each kernel. */
const EVERYWHERE = '{native,packages/*,examples/*}/test/kernel/**/*.test.ts';

// The tiers that run in Node; scripts/test.mjs runs them and adds them up.
export default defineConfig({
  test: {
    cache: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/unit/**/*.test.ts', 'scripts/test/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        // The kernel is shared: two tests that trace at once would count each other.
        test: {
          name: 'host',
          include: ['{native,packages/*,examples/*}/test/host/**/*.test.ts', EVERYWHERE],
          fileParallelism: false,
          // Of tests in one file that may run at once: they wait for the seconds of a tool.
          maxConcurrency: 16,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          provide: { guest: null },
        },
      },
      ...KERNELS.map(({ name }) => ({
        // JavaScript is some ten times slower there.
        test: {
          name: `vm ${name}`,
          include: [EVERYWHERE],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          globalSetup: 'scripts/stages/guest.ts',
        },
      })),
      {
        // No kernel runs: what the objects read of each.
        test: {
          name: 'btf',
          include: ['scripts/test/btf/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        // The whole of it, as a stranger meets it.
        test: {
          name: 'clone',
          include: ['scripts/test/clone/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'page',
          include: ['packages/*/test/page/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
