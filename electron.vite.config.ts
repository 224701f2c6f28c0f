import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { bundledPackages } from './tools/bundled-packages.ts';
import { pluginChild } from './tools/plugin-child.ts';

const at = (path: string) => resolve(import.meta.dirname, path);

export default defineConfig({
  main: {
    plugins: [bundledPackages(), pluginChild(at('src/main/plugin-child/main.ts'))],
    build: {
      rollupOptions: {
        input: {
          app: at('src/main/app/main.ts'),
          engine: at('src/main/engine/entry.ts'),
          'probe-child': at('src/main/engine/onnx/probe-child.ts'),
          'watchdog-thread': at('src/main/engine/watchdog/watchdog-thread.ts'),
          'flow-thread': at('src/main/engine/flow/flow-thread.ts'),
          'script-thread': at('src/main/engine/plugins/script/script-thread.ts'),
          cli: at('src/main/cli/main.ts'),
        },
      },
    },
  },
  preload: {
    plugins: [bundledPackages()],
    build: {
      rollupOptions: {
        input: { index: at('src/preload/index.ts') },
        // A sandboxed preload cannot be an ES module.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('src/renderer'),
    // Less to parse before the first paint.
    build: { minify: true, rollupOptions: { input: { index: at('src/renderer/index.html') } } },
    plugins: [react(), bundledPackages()],
  },
});
