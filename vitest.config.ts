import { defineConfig } from 'vitest/config';

// Engine tests load native modules and saturate the cores themselves, so files run two at a time in their own processes.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
