/** Models that come with Retake: contributed as those of plugins are. */
import { dirname } from 'node:path';
import { BUILT_IN } from '../../../common/plugins/built-in.ts';
import { MODELS } from '../models/contributed.ts';
import { resource } from '../resources.ts';

export interface BuiltIn {
  readonly dir: string;
  readonly name: string;
}

const SHIPPED = [
  { id: 'demo', folder: 'bundle', label: 'Retake demo' },
  { id: 'demo-depth', folder: 'depth-bundle', label: 'Retake demo with depth' },
] as const;

for (const { id, folder, label } of SHIPPED) {
  const index = resource('demo', folder, 'model_index.json');
  if (index !== null) MODELS.contribute(BUILT_IN.models, { id, label, path: dirname(index) });
}

export function builtInBundles(): BuiltIn[] {
  return MODELS.list
    .filter(({ id }) => MODELS.ownerOf(id) === BUILT_IN.models)
    .map(({ label, path }) => ({ dir: path, name: label }));
}
