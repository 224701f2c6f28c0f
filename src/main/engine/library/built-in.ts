/** Models that come with Retake. */
import { dirname } from 'node:path';
import { resource } from '../resources.ts';

export interface BuiltIn {
  readonly dir: string;
  readonly name: string;
}

const SHIPPED = [
  { folder: 'bundle', name: 'Retake demo' },
  { folder: 'depth-bundle', name: 'Retake demo with depth' },
] as const;

export function builtInBundles(): BuiltIn[] {
  return SHIPPED.flatMap(({ folder, name }) => {
    const index = resource('demo', folder, 'model_index.json');
    return index === null ? [] : [{ dir: dirname(index), name }];
  });
}
