/**
 * All that the artist can render with: what comes with Retake, what was added, what lies in watched folders, what plugins lend. Long, because
 * every question about the one list is answered where the list is; how files are looked at is in the files beside.
 */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import pLimit from 'p-limit';
import type {
  LibraryEntry,
  LibraryFacts,
  LibraryKind,
  WatchedFolder,
} from '../../../common/contract/library.ts';
import { AppError } from '../../../common/errors.ts';
import type { EstimatorRole } from '../../../common/plugins/manifest.ts';
import { isCaptioner } from '../models/captioner.ts';
import { ESTIMATOR_KINDS } from '../models/estimators.ts';
import { inspectBundle } from '../models/inspect.ts';
import { readModelSettings } from '../recipe/model-settings.ts';
import { type Picture, pictureBeside, stemOf } from './beside.ts';
import { type BuiltIn, builtInBundles } from './built-in.ts';
import { entryFacts } from './entry-facts.ts';
import { holdsGraphs, isModelFolder } from './folder-facts.ts';
import { KnownHeaders } from './header-facts.ts';
import { type Look, Looker } from './look.ts';
import { EstimatorLooks, type OfPlugin, ofPlugins } from './of-plugins.ts';
import { ListKeeper } from './saved-list.ts';
import { layoutOf, scan } from './scan.ts';
import { requireThere } from './there.ts';
import type { Trials } from './trials.ts';
import { type InWatched, WatchedFiles, type WatchParts } from './watched-files.ts';

export interface LibraryParts extends WatchParts {
  /** Where the artist's list is kept. */
  readonly file: string;
  readonly headers?: KnownHeaders;
  readonly trials?: Trials;
  /** The first of them is the default until another is chosen. */
  readonly builtIn?: readonly BuiltIn[];
}

/** Of a folder that may be a library or a clip. */
const GLANCE = { depth: 5, names: 20_000 };
const FILE = /\.(safetensors|ckpt|pt|pth|bin)$/i;
const AT_ONCE = 8;

export class Library {
  readonly #parts: LibraryParts;
  readonly #list: ListKeeper;
  readonly #builtIn: readonly BuiltIn[];
  readonly #headers: KnownHeaders;
  readonly #looker: Looker;
  readonly #watched: WatchedFiles;
  readonly #estimators = new EstimatorLooks();

  constructor(parts: LibraryParts) {
    this.#parts = parts;
    this.#list = new ListKeeper(parts.file);
    this.#builtIn = parts.builtIn ?? builtInBundles();
    this.#headers = parts.headers ?? new KnownHeaders(null);
    this.#looker = new Looker(this.#headers);
    this.#watched = new WatchedFiles(this.#looker, parts);
  }

  /** What is known by now; watched folders are read in the background. */
  async list(kind: LibraryKind | null = null): Promise<LibraryEntry[]> {
    const saved = await this.#list.read();
    this.#watched.watch(saved.watched);
    const lent = ofPlugins().map(({ path }) => path);
    const own = new Set([...this.#builtIn.map(({ dir }) => dir), ...saved.added, ...lent]);
    // A default stays the default when it is gone or broken: another would render other pictures unasked.
    if (saved.default !== null) own.add(saved.default);
    const inTurns = pLimit(AT_ONCE);
    const listed = [...own].map((path) => inTurns(() => this.#entry(path)));
    const watched = this.#watched.files().filter(({ of }) => !own.has(of.path));
    const found = watched.map((one) => inTurns(() => this.#entryOf(one.of.path, one.look, one)));
    const entries = await Promise.all([...listed, ...found]);
    const usable = entries.find(
      (one) =>
        one.kind === 'model' && one.problems.length === 0 && one.watched === null && one.plugin === null,
    );
    const chosen = saved.damaged ? null : (saved.default ?? usable?.path ?? null);
    return entries
      .filter((one) => kind === null || one.kind === kind)
      .map((one) => ({ ...one, isDefault: one.path === chosen }));
  }

  /** Until every watched folder was looked through and read once. */
  async settled(): Promise<void> {
    this.#watched.watch((await this.#list.read()).watched);
    await this.#watched.settled();
  }

  async folders(): Promise<WatchedFolder[]> {
    const { watched } = await this.#list.read();
    this.#watched.watch(watched);
    return watched.flatMap((path) => this.#watched.about(path) ?? []);
  }

  /** What `add` would make of it; null where nothing in it is for the library. */
  async recognise(path: string): Promise<'entry' | 'folder' | null> {
    const about = await stat(path).catch(() => null);
    if (about?.isFile()) return FILE.test(path) ? 'entry' : null;
    if (!about?.isDirectory()) return null;
    if ((await isModelFolder(path)) || (await this.#isBundle(path)) || (await isCaptioner(path)))
      return 'entry';
    if ((await layoutOf(path)).layout !== null) return 'folder';
    const inside = await scan(path, { limits: GLANCE, ...this.#allows() });
    return inside && inside.found.length > 0 ? 'folder' : null;
  }

  /** @throws AppError bundle-invalid for what is no use, in one line; a model with problems is listed with them */
  async add(path: string): Promise<LibraryEntry[]> {
    const whole = resolve(path);
    const doing = `adding ${basename(whole)}`;
    const as = await this.recognise(whole);
    if (as === 'folder') {
      await this.#list.change(({ watched }) => ({ watched: [...watched, whole] }));
      return this.list();
    }
    const look = await this.#look(whole);
    if (as === null || look.kind === 'other' || (look.problems.length > 0 && !look.isFolder)) {
      const [problem] = look.problems;
      if (problem !== undefined) throw new AppError('bundle-invalid', problem, { doing });
      throw new AppError('bundle-invalid', `${basename(whole)} is ${look.what}`, {
        doing,
        hint: 'Add checkpoints, LoRAs, ControlNets, embeddings, or a folder with some of them.',
      });
    }
    await this.#list.change(({ added }) => ({ added: [...added, whole] }));
    return this.list();
  }

  /** Takes an entry or a watched folder off the list; the files stay. @throws AppError usage */
  async remove(path: string): Promise<LibraryEntry[]> {
    const doing = 'taking off the list';
    if (this.#builtIn.some(({ dir }) => dir === path)) {
      throw new AppError('usage', 'what comes with Retake stays', { doing });
    }
    const lent = ofPlugins().find((one) => one.path === path);
    if (lent) {
      throw new AppError('usage', `it comes with the plugin ${lent.plugin.name}`, {
        doing,
        hint: 'Switch the plugin off, or remove it.',
      });
    }
    const saved = await this.#list.read();
    const inside = this.#watched.files().find(({ of }) => of.path === path);
    if (inside && !saved.added.includes(path) && !saved.watched.includes(path)) {
      throw new AppError('usage', `it lies in ${inside.root}, which is watched`, {
        doing,
        hint: 'Stop watching that folder, or move the file elsewhere.',
      });
    }
    await this.#list.change((list) => ({
      added: list.added.filter((other) => other !== path),
      watched: list.watched.filter((other) => other !== path),
      default: list.default === path ? null : list.default,
    }));
    return this.list();
  }

  /** @throws AppError usage for what is no model of the list, bundle-invalid for one with problems */
  async setDefault(path: string): Promise<LibraryEntry[]> {
    const doing = 'choosing the default model';
    const entry = (await this.list('model')).find((one) => one.path === path);
    if (!entry) throw new AppError('usage', 'this is no model of the list', { doing });
    const [problem] = entry.problems;
    if (problem !== undefined) throw new AppError('bundle-invalid', problem, { doing });
    await this.#list.change(() => ({ default: path }));
    return this.list();
  }

  /**
   * The model to render with; null is the default one.
   * @throws AppError bundle-invalid where there is none, where it is not there, or where the default cannot be used: no other takes
   * its place
   */
  async modelAt(path: string | null): Promise<string> {
    const doing = 'choosing the model';
    if (path !== null) {
      await requireThere('the model', path, doing);
      return path;
    }
    if ((await this.#list.read()).damaged) {
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
    if (problem === undefined) return chosen.path;
    throw new AppError('bundle-invalid', `your default model cannot be used: ${problem}`, {
      doing,
      hint: 'Put it back, or make another model the default.',
    });
  }

  /**
   * The folder of an estimator; null is the only one there is.
   * @throws AppError usage where there is none, or one must be chosen; bundle-invalid where it cannot be used
   */
  async estimatorAt(role: EstimatorRole, path: string | null, doing: string): Promise<string> {
    const { what } = ESTIMATOR_KINDS[role];
    if (path !== null) {
      await requireThere(what, path, doing);
      return path;
    }
    const all = (await this.list('estimator')).filter((one) => one.role === role);
    const usable = all.filter(({ problems }) => problems.length === 0);
    const [only, another] = usable;
    if (only && !another) return only.path;
    if (another) {
      const names = usable.map(({ name }) => name).join(', ');
      throw new AppError('usage', `there are several (${names})`, { doing, hint: `Choose ${what}.` });
    }
    const [broken] = all;
    if (broken) throw new AppError('bundle-invalid', broken.problems[0]!, { doing });
    throw new AppError('usage', `there is nothing for it: that wants ${what}`, {
      doing,
      hint: `Install a plugin with ${what}, or add its folder to the library.`,
    });
  }

  /** @throws AppError usage for what is not in the library */
  async facts(path: string): Promise<LibraryFacts> {
    const entry = await this.#known(path);
    return entryFacts(entry, await this.#look(path));
  }

  /** Null where none lies beside it, or it is not in the library. */
  async pictureOf(path: string): Promise<Picture | null> {
    const seen = this.#watched.files().find(({ of }) => of.path === path);
    if (seen) return seen.of.picture;
    const { added } = await this.#list.read();
    return added.includes(path) ? pictureBeside(path) : null;
  }

  /** Of a model as the list tells it. */
  async bytesOf(path: string): Promise<number | null> {
    return (await this.#looker.look(path)).bytes;
  }

  stop(): void {
    this.#watched.stop();
    this.#headers.close();
  }

  /** An estimator is what a plugin says it is; of others captioners alone are known by their files. */
  async #look(path: string): Promise<Look> {
    const role = ofPlugins().find((one) => one.path === path)?.role;
    if (role === null) return this.#looker.look(path);
    const found = role ?? ((await isCaptioner(path)) ? 'captioner' : null);
    return found === null ? this.#looker.look(path) : this.#estimators.look(path, found);
  }

  async #known(path: string): Promise<LibraryEntry> {
    const entry = (await this.list()).find((one) => one.path === path);
    if (entry) return entry;
    throw new AppError('usage', 'it is not in the library', { doing: 'inspecting a file' });
  }

  async #isBundle(folder: string): Promise<boolean> {
    if (!(await holdsGraphs(folder))) return false;
    try {
      await inspectBundle(folder, { figures: false });
      return true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return false;
    }
  }

  #allows(): { readonly allows?: (path: string) => Promise<boolean> } {
    return this.#parts.allows ? { allows: this.#parts.allows } : {};
  }

  async #entry(path: string): Promise<Omit<LibraryEntry, 'isDefault'>> {
    return this.#entryOf(path, await this.#look(path), null);
  }

  async #entryOf(path: string, look: Look, seen: InWatched | null): Promise<Omit<LibraryEntry, 'isDefault'>> {
    const own = this.#builtIn.find(({ dir }) => dir === path);
    const lent: OfPlugin | undefined = ofPlugins().find((one) => one.path === path);
    const picture = seen ? seen.of.picture : own || lent ? null : await pictureBeside(path);
    const settings =
      look.kind === 'model' && look.state === 'ready' ? (await readModelSettings(path)).values : {};
    return {
      path,
      kind: look.kind,
      name: own?.name ?? lent?.name ?? stemOf(path),
      what: look.what,
      role: look.kind === 'estimator' ? (lent?.role ?? 'captioner') : null,
      builtIn: own !== undefined,
      plugin: lent?.plugin ?? null,
      watched: seen?.root ?? null,
      bytes: look.bytes,
      nativeSize: look.nativeSize,
      words: look.words.slice(0, 12),
      picture: picture && `${basename(picture.path)} ${picture.mtimeMs} ${picture.bytes}`,
      settings,
      trial: look.kind === 'model' ? ((await this.#parts.trials?.of(path, look.bytes)) ?? null) : null,
      state: look.state,
      problems: look.problems,
    };
  }
}
