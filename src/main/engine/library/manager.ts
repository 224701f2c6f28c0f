/** The models that the artist can choose from: those that come with Retake, and folders that were added. */

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { BundleEntry } from '../../../common/contract/bundles.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import { writeWhole } from '../../atomic-files.ts';
import { fromSystem } from '../media/target.ts';
import { inspectBundle } from '../models/inspect.ts';
import type { BundleReport } from '../models/report.ts';
import { ROLES } from '../models/roles/registry.ts';
import { readModelSettings } from '../recipe/model-settings.ts';

const listFile = z.object({ dirs: z.array(z.string()), default: z.string().nullable() });
type ListFile = z.infer<typeof listFile>;

/** Shots have no depth clip yet. */
const NO_DEPTH =
  'It wants the depth of every frame and has no estimator for it: add one as depth_estimator/model.onnx.';

/** A model that comes with Retake. */
export interface BuiltIn {
  readonly dir: string;
  readonly name: string;
}

const SHIPPED = [
  { folder: 'bundle', name: 'Retake demo' },
  { folder: 'depth-bundle', name: 'Retake demo with depth' },
] as const;

export class BundleManager {
  readonly #file: string;
  readonly #builtIn: readonly BuiltIn[];
  readonly #reports = new Map<string, { readonly stamp: string; readonly report: BundleReport }>();
  readonly #inTurn = pLimit(1);

  /** `builtIn`: models that come with Retake, the first of which is the default. */
  constructor(file: string, builtIn: readonly BuiltIn[] = builtInBundles()) {
    this.#file = file;
    this.#builtIn = builtIn;
  }

  async list(): Promise<BundleEntry[]> {
    const { dirs, default: wanted, damaged } = await this.#read();
    const listed = new Set([...this.#builtIn.map(({ dir }) => dir), ...dirs]);
    // A default stays the default when its folder is gone or broken: another would render other pictures unasked.
    if (wanted !== null) listed.add(wanted);
    const entries = await Promise.all([...listed].map((dir) => this.#entry(dir)));
    const first = entries.find(({ problems }) => problems.length === 0)?.dir ?? null;
    const chosen = damaged ? null : (wanted ?? first);
    return entries.map((entry) => ({ ...entry, isDefault: entry.dir === chosen }));
  }

  /** @throws AppError bundle-invalid when the folder is no bundle at all; one with problems is listed with them */
  async add(dir: string): Promise<BundleEntry[]> {
    const whole = resolve(dir);
    await inspectBundle(whole, { digests: false });
    await this.#change(({ dirs, ...rest }) => ({ ...rest, dirs: [...new Set([...dirs, whole])] }));
    return this.list();
  }

  /** Takes it off the list; its files stay. */
  async remove(dir: string): Promise<BundleEntry[]> {
    if (this.#builtInAt(dir)) {
      throw new AppError('usage', 'a built-in model cannot be removed', { doing: 'removing a model' });
    }
    await this.#change((list) => ({
      dirs: list.dirs.filter((other) => other !== dir),
      default: list.default === dir ? null : list.default,
    }));
    return this.list();
  }

  /** @throws AppError usage for a bundle that is not listed, bundle-invalid for one with problems */
  async setDefault(dir: string): Promise<BundleEntry[]> {
    const doing = 'choosing the default model';
    const entry = (await this.list()).find((one) => one.dir === dir);
    if (!entry) throw new AppError('usage', 'this model is not in the list', { doing });
    const [problem] = entry.problems;
    if (problem !== undefined) throw new AppError('bundle-invalid', problem, { doing });
    await this.#change((list) => ({ ...list, default: dir }));
    return this.list();
  }

  /**
   * The folder to render with; null is the default one.
   * @throws AppError bundle-invalid where there is none, or where the default one cannot be used: it is never replaced
   */
  async folderOf(dir: string | null): Promise<string> {
    if (dir !== null) return dir;
    const doing = 'choosing the model';
    if ((await this.#read()).damaged) {
      throw new AppError('bundle-invalid', 'the list of models is damaged, so your default is not known', {
        doing,
        hint: 'Make one the default again in the list of models, and add those that are missing.',
      });
    }
    const chosen = (await this.list()).find(({ isDefault }) => isDefault);
    if (!chosen) {
      throw new AppError('bundle-invalid', 'there is no model yet', {
        doing,
        hint: 'Add or download one in the list of models.',
      });
    }
    const [problem] = chosen.problems;
    if (problem === undefined) return chosen.dir;
    throw new AppError('bundle-invalid', `your default model cannot be used: ${problem}`, {
      doing,
      hint: 'Put its folder back, or make another model the default.',
    });
  }

  #builtInAt(dir: string): BuiltIn | undefined {
    return this.#builtIn.find((one) => one.dir === dir);
  }

  async #entry(dir: string): Promise<Omit<BundleEntry, 'isDefault'>> {
    const own = this.#builtInAt(dir);
    const name = own?.name ?? '';
    const builtIn = own !== undefined;
    try {
      const report = await this.#report(dir);
      return {
        dir,
        name: name || report.name,
        kind: report.kind ?? 'unknown',
        builtIn,
        bytes: report.parts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
        nativeSize: report.nativeSize ?? 0,
        settings: (await readModelSettings(dir)).values,
        problems: report.depth === 'clip' ? [...report.defects, NO_DEPTH] : report.defects,
      };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const problems = [errorLine(error)];
      const unknown = { kind: 'unknown', bytes: 0, nativeSize: 0, settings: {} };
      return { dir, name: name || dir, builtIn, ...unknown, problems };
    }
  }

  /** Reading the graphs takes a second, so it is done again only when a folder of the bundle has changed. */
  async #report(dir: string): Promise<BundleReport> {
    const folders = ['', ...ROLES.map(({ folder }) => folder), 'scheduler', 'feature_extractor'];
    const abouts = await Promise.all(folders.map((name) => stat(join(dir, name)).catch(() => null)));
    const stamp = abouts.map((about) => about?.mtimeMs ?? 0).join(' ');
    const known = this.#reports.get(dir);
    if (known?.stamp === stamp) return known.report;
    const report = await inspectBundle(dir, { digests: false });
    this.#reports.set(dir, { stamp, report });
    return report;
  }

  /** A list that damage made unreadable is an empty one, and says so: the folders can be added again. */
  async #read(): Promise<ListFile & { readonly damaged: boolean }> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      const none = (error as NodeJS.ErrnoException).code === 'ENOENT';
      return { dirs: [], default: null, damaged: !none };
    }
    try {
      return { ...listFile.parse(JSON.parse(text)), damaged: false };
    } catch {
      return { dirs: [], default: null, damaged: true };
    }
  }

  #change(change: (list: ListFile) => ListFile): Promise<void> {
    return this.#inTurn(async () => {
      try {
        const { dirs, default: chosen } = change(await this.#read());
        await writeWhole(this.#file, JSON.stringify({ dirs, default: chosen }, null, 2));
      } catch (error) {
        throw fromSystem(error, 'keeping the list of models');
      }
    });
  }
}

/** Among the application's resources, or in a checkout's. */
function builtInBundles(): BuiltIn[] {
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
