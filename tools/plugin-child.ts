/** Builds what plugins run in as one file with nothing beside it: the process may read that file and the plugin's folder, no more. */
import { build, type Plugin } from 'vite';

/** @param entry path of its first file */
export function pluginChild(entry: string): Plugin {
  return {
    name: 'plugin-child',
    async writeBundle({ dir }) {
      await build({
        configFile: false,
        logLevel: 'warn',
        build: {
          ...{ outDir: dir, emptyOutDir: false, minify: false, target: 'node24', ssr: entry },
          rollupOptions: { output: { entryFileNames: 'plugin-child.mjs', format: 'es' } },
        },
      });
    },
  };
}
