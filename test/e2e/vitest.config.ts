import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

// Each spec file starts the whole application, engine and browser: one at a time.
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/e2e/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 180_000,
    expect: { poll: { timeout: 20_000, interval: 50 } },
    hookTimeout: 120_000,
  },
});
