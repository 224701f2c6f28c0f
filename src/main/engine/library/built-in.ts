/** Models that come with Retake: among the application's resources, or in a checkout's. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface BuiltIn {
  readonly dir: string;
  readonly name: string;
}

const SHIPPED = [
  { folder: 'bundle', name: 'Retake demo' },
  { folder: 'depth-bundle', name: 'Retake demo with depth' },
] as const;

export function builtInBundles(): BuiltIn[] {
  const packaged = (process as NodeJS.Process & { resourcesPath?: string }).resourcesPath;
  const roots = packaged ? [packaged] : [];
  let folder = import.meta.dirname;
  for (let up = 0; up < 5; up += 1) {
    roots.push(join(folder, 'resources'));
    folder = dirname(folder);
  }
  return SHIPPED.flatMap(({ folder: own, name }) => {
    const found = roots.map((root) => join(root, 'demo', own));
    const dir = found.find((one) => existsSync(join(one, 'model_index.json')));
    return dir === undefined ? [] : [{ dir, name }];
  });
}
