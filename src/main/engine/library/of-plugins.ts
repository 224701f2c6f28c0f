/** What plugins bring, as the library shows it. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError, errorLine } from '../../../common/errors.ts';
import { isBuiltIn, type PluginFacts } from '../../../common/plugins/built-in.ts';
import type { EstimatorRole } from '../../../common/plugins/manifest.ts';
import { ESTIMATORS, MODELS } from '../models/contributed.ts';
import { ESTIMATOR_KINDS } from '../models/estimators.ts';
import { NOTHING } from './header-facts.ts';
import { type Look, lookOf } from './look.ts';

export interface OfPlugin {
  readonly path: string;
  readonly name: string;
  readonly plugin: Pick<PluginFacts, 'id' | 'name'>;
  /** Null for a model to render with. */
  readonly role: EstimatorRole | null;
}

/** In the order of the registries, models first. */
export function ofPlugins(): readonly OfPlugin[] {
  const from = ({ find, own }: { find: PluginFacts | undefined; own: Omit<OfPlugin, 'plugin'> }) =>
    find && !isBuiltIn(find) ? [{ ...own, plugin: { id: find.id, name: find.name } }] : [];
  return [
    ...MODELS.list.flatMap(({ id, label, path }) =>
      from({ find: MODELS.ownerOf(id), own: { path, name: label, role: null } }),
    ),
    ...ESTIMATORS.list.flatMap(({ id, label, path, role }) =>
      from({ find: ESTIMATORS.ownerOf(id), own: { path, name: label, role } }),
    ),
  ];
}

/** Of estimators, remembered while their files stay as they are: reading a graph takes a moment. */
export class EstimatorLooks {
  readonly #known = new Map<
    string,
    { readonly stamp: string; readonly look: Look; readonly files: readonly string[] }
  >();

  async look(path: string, role: EstimatorRole): Promise<Look> {
    const key = `${role} ${path}`;
    const known = this.#known.get(key);
    if (known && known.stamp === (await stampOf([path, ...known.files]))) return known.look;
    const { look, files } = await lookInto(path, role);
    this.#known.set(key, { stamp: await stampOf([path, ...files]), look, files });
    return look;
  }
}

async function lookInto(
  path: string,
  role: EstimatorRole,
): Promise<{ look: Look; files: readonly string[] }> {
  const { what, files: filesOf } = ESTIMATOR_KINDS[role];
  const plain: Look = { ...lookOf(NOTHING), kind: 'estimator', what, isFolder: true };
  try {
    const files = await filesOf(path);
    const abouts = await Promise.all(files.map((file) => stat(file)));
    return { look: { ...plain, bytes: abouts.reduce((sum, { size }) => sum + size, 0) }, files };
  } catch (error) {
    const problem =
      error instanceof AppError
        ? errorLine(error)
        : `${basename(path)} cannot be read. Install the plugin again.`;
    return { look: { ...plain, state: 'damaged', problems: [problem] }, files: [] };
  }
}

async function stampOf(files: readonly string[]): Promise<string> {
  const abouts = await Promise.all(files.map((file) => stat(file).catch(() => null)));
  return abouts.map((about) => `${about?.mtimeMs} ${about?.size}`).join(' ');
}
