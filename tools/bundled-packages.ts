/** Which packages a bundle holds, kept beside it: their licences are told with ours (tools/licences.ts). */
import type { Plugin } from 'vite';

/** What the list is called, in each folder of out/. */
export const LIST = 'packages.json';

/** As the lock file names it, "node_modules/zod"; undefined for what is our own. */
function packageOf(file: string): string | undefined {
  const path = file.replaceAll('\\', '/');
  return /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
}

export function bundledPackages(): Plugin {
  return {
    name: 'bundled-packages',
    generateBundle(_options, bundle) {
      const files = Object.values(bundle).flatMap((one) => (one.type === 'chunk' ? one.moduleIds : []));
      const names = new Set(files.map(packageOf).filter((name) => name !== undefined));
      const source = `${JSON.stringify([...names].sort(), null, 2)}\n`;
      this.emitFile({ type: 'asset', fileName: LIST, source });
    },
  };
}
