/** Networks that plugins bring: estimators by what they are for, and models to render with. Retake runs them; nothing of the plugin does. */
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { PluginFacts } from '../../../common/plugins/built-in.ts';
import { fullId } from '../../../common/plugins/ids.ts';
import type { EstimatorRole, Manifest } from '../../../common/plugins/manifest.ts';
import { Registry } from '../../../common/plugins/registry.ts';
import { restingPlugins } from '../../../common/plugins/resting.ts';

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
/** What lends, by id. */
const here = new Map<string, { readonly dir: string; readonly requireSame: () => void }>();
/** Folders that are tried while they are made, whatever else is known of them. */
const tried = new Set<string>();

/**
 * Hands what plugins in a folder bring to the registries.
 * @param dir holds a folder for each plugin
 * @param requireSame throws where a plugin was replaced since it came
 */
export function networksOfPlugins<P extends Installed>(dir: string, requireSame: (plugin: P) => void) {
  home = dir;
  const withdraw = (plugin: string) => {
    here.delete(plugin);
    MODELS.withdraw(plugin);
    ESTIMATORS.withdraw(plugin);
  };
  return {
    contribute(plugin: P): void {
      const { facts, manifest, dir: folder } = plugin;
      const at = (inner: string) => join(folder, ...inner.split('/'));
      const { models = [], estimators = [] } = manifest.contributes;
      for (const { id, label, folder: inner } of models)
        MODELS.contribute(facts, { id: fullId(facts.id, id), label, path: at(inner) });
      for (const { id, label, role, folder: inner } of estimators)
        ESTIMATORS.contribute(facts, { id: fullId(facts.id, id), label, role, path: at(inner) });
      here.set(facts.id, { dir: folder, requireSame: () => requireSame(plugin) });
    },
    withdraw,
  };
}

/** The plugin in whose folder a network lies; null for one of nobody's. */
export function lenderOf(path: string): string | null {
  for (const [id, { dir }] of here) if (isWithin(dir, path)) return id;
  return null;
}

/** Of what may be no path at all. */
export function lendersOf(path: string | null): readonly string[] {
  const lender = path === null ? null : lenderOf(path);
  return lender === null ? [] : [lender];
}

/** Whoever makes a plugin tries its networks, also of one that is switched off. */
export function tryingNetworks(folder: string): Disposable {
  tried.add(folder);
  return { [Symbol.dispose]: () => void tried.delete(folder) };
}

/**
 * A plugin that is not there, is switched off or was replaced lends nothing.
 * @param path of a network. @throws AppError usage naming the plugin; plugin-failed for one that was replaced
 */
export function requireLent(path: string): void {
  const lender = lenderOf(path);
  if (lender !== null) {
    here.get(lender)!.requireSame();
    return;
  }
  if ([...tried].some((folder) => isWithin(folder, path))) return;
  const rests = restingPlugins().find(({ dir }) => isWithin(dir, path));
  if (rests) throw refused(path, `the plugin ${rests.name} (${rests.id}), which ${rests.why}`);
  const [plugin] = home !== null && isWithin(home, path) ? relative(home, path).split(sep) : [];
  if (plugin) throw refused(path, `the plugin ${plugin}, which is missing or switched off`);
}

function refused(path: string, of: string): AppError {
  return new AppError('usage', `it comes with ${of}`, {
    doing: `opening ${basename(path)}`,
    hint: 'Install or switch on the plugin, or choose another.',
  });
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !(way.split(sep)[0] === '..' || isAbsolute(way));
}
