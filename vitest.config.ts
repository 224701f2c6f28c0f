import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { chromiumPath } from './test/helpers/chromium.ts';

const canOpenWindow = (await chromiumPath()) !== null;
if (!canOpenWindow) console.warn('No Chromium is installed: the tests at the window (test/e2e) are skipped.');

// Hundreds of processes are started: what the first compiled is there for the others.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/node');

// Engine tests load native modules and saturate the cores themselves, so files run two at a time in their own processes.
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      // Seconds altogether: what renders, opens sessions, starts processes or fuzzes for long is an integration test.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{unit,property}/**/*.test.ts'],
          // Pure functions and values: files share a process and what it has loaded.
          isolate: false,
          // For a busy machine: the slowest takes two seconds on an idle one.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'golden',
          include: ['test/golden/**/*.test.ts'],
          // The slowest takes half a minute on an idle machine; what hangs is told all the same.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/helpers/built.ts',
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      // Each file starts the whole application, engine and browser.
      {
        extends: true,
        test: {
          name: 'e2e',
          include: canOpenWindow ? ['test/e2e/**/*.test.ts'] : [],
          globalSetup: 'test/helpers/built.ts',
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 60_000, interval: 50 } },
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
