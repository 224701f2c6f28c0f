/** Networks that plugins bring: estimators by what they are for, and models to render with. Retake runs them; nothing of the plugin does. */
import { isAbsolute, join, relative, sep } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { isBuiltIn, type PluginFacts } from '../../../common/plugins/built-in.ts';
import { fullId } from '../../../common/plugins/ids.ts';
import type { EstimatorRole, Manifest } from '../../../common/plugins/manifest.ts';
import { Registry } from '../../../common/plugins/registry.ts';

interface ContributedModel {
  readonly id: string;
  readonly label: string;
  /** Its folder, or a file that is the whole of it. */
  readonly path: string;
}

export interface ContributedEstimator extends ContributedModel {
  readonly role: EstimatorRole;
}

export const MODELS = new Registry<ContributedModel>('model');
export const ESTIMATORS = new Registry<ContributedEstimator>('estimator');

interface Installed {
  readonly facts: PluginFacts;
  readonly manifest: Pick<Manifest, 'contributes'>;
  readonly dir: string;
}

/** Where plugins are installed; null before anybody has looked. */
let home: string | null = null;
const here = new Set<string>();

/** Hands what plugins in a folder bring to the registries. @param dir holds a folder for each plugin */
export function networksOfPlugins(dir: string) {
  home = dir;
  const withdraw = (plugin: string) => {
    here.delete(plugin);
    MODELS.withdraw(plugin);
    ESTIMATORS.withdraw(plugin);
  };
  return {
    contribute({ facts, manifest, dir: folder }: Installed): void {
      const at = (inner: string) => join(folder, ...inner.split('/'));
      const { models = [], estimators = [] } = manifest.contributes;
      for (const { id, label, folder: inner } of models)
        MODELS.contribute(facts, { id: fullId(facts.id, id), label, path: at(inner) });
      for (const { id, label, role, folder: inner } of estimators)
        ESTIMATORS.contribute(facts, { id: fullId(facts.id, id), label, role, path: at(inner) });
      here.add(facts.id);
    },
    withdraw,
  };
}

/** Whether a network's folder is of a plugin. */
export function isLent(path: string): boolean {
  return [MODELS, ESTIMATORS].some((all) =>
    all.list.some((one) => {
      const way = relative(one.path, path);
      const inside = way === '' || !(way.split(sep)[0] === '..' || isAbsolute(way));
      return inside && !isBuiltIn(all.ownerOf(one.id)!);
    }),
  );
}

/**
 * A plugin that is not there, or is switched off, lends nothing.
 * @param path of a network. @throws AppError usage naming the plugin
 */
export function requireLent(path: string): void {
  const way = home === null ? '' : relative(home, path);
  const [plugin] = way.split(sep);
  if (!plugin || plugin === '..' || isAbsolute(way) || here.has(plugin)) return;
  throw new AppError('usage', `it comes with the plugin ${plugin}, which is missing or switched off`, {
    doing: `opening ${way.split(sep).at(-1)}`,
    hint: 'Install or switch on the plugin, or choose another.',
  });
}
