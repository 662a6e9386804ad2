import { defineConfig } from 'vitest/config';

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
          include: ['{native,packages/*,examples/*}/test/host/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
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
