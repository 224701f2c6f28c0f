/**
 * What this desk does with farms: packs, hands in, asks, takes back, brings home. The folders are the truth; a list says which are
 * its own. Long, since each of these is a call of the contract, and no state is kept but what was told last.
 */
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { FarmCollected, FarmDriverInfo, FarmPacked, FarmStatus } from '../../../common/contract/farm.ts';
import { AppError, Cancelled, errorLine } from '../../../common/errors.ts';
import { publish } from '../../atomic-files.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { inWords } from '../media/target.ts';
import type { ProjectRef } from '../project/file.ts';
import { CollectedTakes } from '../queue/collected.ts';
import { projectName } from '../queue/entry.ts';
import type { JobStore } from '../queue/store.ts';
import { collect, takeId } from './collect.ts';
import type { DriverSettings, FarmDriver, SchedulerState, Submission } from './driver.ts';
import { farmDrivers, getDriver, settingsFor } from './drivers/registry.ts';
import { FARM_STEPS, type FarmJob, farmPaths } from './job-folder.ts';
import type { FarmList, SentFolder } from './list.ts';
import { hasTake } from './missing.ts';
import { type PackRequest, packShots } from './pack.ts';
import { type FolderFacts, noteCancelled, noteSubmission, readFolder } from './read-folder.ts';
import { statusOf } from './status.ts';
import { faultsOf } from './take-folder.ts';

export interface FarmParts {
  readonly list: FarmList;
  readonly store: JobStore;
  /** Null where the disk has no room for one. */
  readonly cache: ArtefactStore | null;
  readonly probe: Probe;
  /** Folder of locks. */
  readonly locks: string;
  /** Files takes that are home in their project; answers what hinders it, a line each. */
  readonly file: (ids: readonly string[]) => readonly string[];
}

/** What is remembered of a folder between two looks at it. */
interface Memory {
  readonly known: Map<number, FarmStatus['shots'][number]>;
  /** Folders of artefacts that were taken in. */
  readonly artefacts: Set<string>;
  last: FarmStatus | null;
}

/** A scheduler that does not answer for so long is told of, and asked again later. */
const PATIENCE_MS = 30_000;

export class FarmDesk {
  readonly #parts: FarmParts;
  readonly #memories = new Map<string, Memory>();
  readonly #collected: CollectedTakes;

  constructor(parts: FarmParts) {
    this.#parts = parts;
    this.#collected = new CollectedTakes(parts.store);
  }

  get list(): FarmList {
    return this.#parts.list;
  }

  drivers(): FarmDriverInfo[] {
    return farmDrivers.list.map((driver) => {
      const { id, label, summary, settings } = driver;
      const kept = this.#kept(driver);
      return {
        ...{ id, label, summary },
        settings: settings.map((one) => ({ ...one, default: kept[one.id] ?? one.default })),
      };
    });
  }

  /** @throws AppError usage for a driver or a setting that there is not */
  keep(id: string, setting: string, value: string | null): void {
    settingsFor(getDriver(id), { [setting]: value ?? '' });
    this.list.keep(id, setting, value);
  }

  /** @throws AppError for all that a render would be refused for; nothing is left behind then */
  async pack(request: PackRequest, signal?: AbortSignal): Promise<FarmPacked> {
    const { cache, probe } = this.#parts;
    const packed = await packShots(request, { cache, probe, ...(signal && { signal }) });
    const { project, takesFolder } = request;
    const { folder, id } = packed;
    this.list.add({ folder, id, name: projectName(project.path), project, takesFolder, at: Date.now() });
    return packed;
  }

  /** @throws AppError usage where the scheduler refuses; what was packed stays, and can be handed in again */
  async submit(
    request: PackRequest,
    driver: string,
    given: DriverSettings,
    signal?: AbortSignal,
  ): Promise<FarmStatus> {
    // Refused before hours of copying.
    const to = getDriver(driver);
    const settings = this.#settings(to, given);
    const { folder } = await this.pack(request, signal);
    return this.#handIn(await readFolder(folder), to, settings, signal);
  }

  /** What is not whole yet, to the scheduler that had it or to another. */
  async again(
    folder: string,
    driver: string | undefined,
    given: DriverSettings = {},
    signal?: AbortSignal,
  ): Promise<FarmStatus> {
    const facts = await readFolder(folder);
    const { submission } = facts;
    const id = driver ?? submission?.driver;
    if (id === undefined) {
      throw new AppError('usage', 'it was handed to no scheduler yet', {
        doing: 'sending to the farm again',
        hint: `Say to which: ${farmDrivers.list.map((one) => one.id).join(', ')}.`,
      });
    }
    const to = getDriver(id);
    const before = submission?.driver === id ? known(to, submission.settings) : {};
    this.#adopt(facts);
    await this.#putDamagedAside(facts);
    return this.#handIn(facts, to, this.#settings(to, { ...before, ...given }), signal);
  }

  /** Of all that this desk sent, the newest first. */
  statuses(signal?: AbortSignal): Promise<FarmStatus[]> {
    return Promise.all(this.list.folders.map(({ folder }) => this.look(folder, signal)));
  }

  /** As `status`; a folder of the list that cannot be read is told of, as it was last. */
  async look(folder: string, signal?: AbortSignal): Promise<FarmStatus> {
    try {
      return await this.status(folder, signal);
    } catch (error) {
      const sent = this.list.find(folder);
      if (!(error instanceof AppError) || !sent) throw error;
      return { ...(this.#memory(folder).last ?? unread(sent)), problem: errorLine(error) };
    }
  }

  /** @throws AppError job-not-found, usage for a folder that is none */
  async status(folder: string, signal?: AbortSignal): Promise<FarmStatus> {
    const facts = await readFolder(folder);
    const { scheduler, problem } = await this.#ask(facts, signal);
    return this.#tell(facts, scheduler, problem);
  }

  async cancel(folder: string, signal: AbortSignal = new AbortController().signal): Promise<FarmStatus> {
    const facts = await readFolder(folder);
    const { submission, job } = facts;
    if (submission) await getDriver(submission.driver).cancel(submission, { folder, job }, signal);
    await noteCancelled(folder).catch((error: unknown) => {
      throw inWords(error, 'cancelling at the farm');
    });
    return this.status(folder, signal);
  }

  /**
   * @param takesFolder where takes go, instead of where the job says
   * @param onlyNew leaves out artefacts that this process has taken in already
   */
  async collect(
    folder: string,
    { takesFolder, onlyNew = false }: { takesFolder?: string | undefined; onlyNew?: boolean } = {},
    signal?: AbortSignal,
  ): Promise<FarmCollected> {
    const { job } = await readFolder(folder);
    const sent = this.list.find(folder);
    const { store, cache, locks, file } = this.#parts;
    const request = {
      ...{ folder, job },
      project: sent?.project ?? job.project,
      takesFolder: takesFolder ?? sent?.takesFolder ?? job.takesFolder,
    };
    const artefacts = onlyNew ? this.#memory(folder).artefacts : new Set<string>();
    return collect(request, { store, cache, locks, known: artefacts, file }, signal);
  }

  /** @throws AppError usage while something of it is out */
  async forget(folder: string, signal?: AbortSignal): Promise<void> {
    if (!this.list.find(folder)) return;
    const { state, problem } = await this.look(folder, signal);
    if (problem === null && (state === 'waiting' || state === 'running')) {
      throw new AppError('usage', 'machines are still at work on it', {
        doing: 'forgetting a folder of the farm',
        hint: 'Cancel it first.',
      });
    }
    this.list.change((one) => (one.folder === folder ? null : one));
    this.#memories.delete(folder);
  }

  /** The file of a project lies here now: what is out for it comes home there. */
  found(project: ProjectRef): void {
    const moved = ({ project: { id, path } }: SentFolder) => id === project.id && path !== project.path;
    if (!this.list.folders.some(moved)) return;
    this.list.change((one) =>
      moved(one) ? { ...one, project, takesFolder: movedAlong(one, project.path) } : one,
    );
  }

  /** The artist goes on in a copy of the project. */
  readdress(from: string, to: ProjectRef): void {
    if (!this.list.folders.some(({ project }) => project.id === from)) return;
    this.list.change((one) => (one.project.id === from ? { ...one, project: to } : one));
  }

  /** Takes that are not what their machines wrote would never be made again: they count as there. */
  async #putDamagedAside({ folder, job }: FolderFacts): Promise<void> {
    const home = this.#home(job);
    for (const { number } of job.shots) {
      if (home.has(number) || !hasTake(folder, number)) continue;
      const take = farmPaths.take(folder, number);
      if ((await faultsOf(take, 'bytes')).length === 0) continue;
      await publish(take, join(farmPaths.shot(folder, number), `.damaged.${Date.now()}`));
      this.#memory(folder).known.delete(number);
    }
  }

  /** Another desk's folder is this one's too from here on. */
  #adopt({ folder, job }: FolderFacts): void {
    if (this.list.find(folder)) return;
    const { id, name, project, takesFolder } = job;
    this.list.add({ folder, id, name, project, takesFolder, at: Date.now() });
  }

  async #handIn(
    facts: FolderFacts,
    driver: FarmDriver,
    settings: DriverSettings,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<FarmStatus> {
    const { folder, job, submission } = facts;
    const handed = await driver.submit({ folder, job }, settings, signal);
    const before = submission?.driver === driver.id ? submission.ids : {};
    await noteSubmission(folder, { ...handed, ids: together(before, handed.ids) }).catch((error: unknown) => {
      throw inWords(error, 'sending to the farm');
    });
    return this.status(folder, signal);
  }

  async #ask(
    { folder, job, submission }: FolderFacts,
    signal?: AbortSignal,
  ): Promise<{ scheduler: SchedulerState | null; problem: string | null }> {
    if (!submission) return { scheduler: null, problem: null };
    const patience = AbortSignal.timeout(PATIENCE_MS);
    try {
      const both = signal ? AbortSignal.any([signal, patience]) : patience;
      const scheduler = await getDriver(submission.driver).status(submission, { folder, job }, both);
      return { scheduler, problem: null };
    } catch (error) {
      if (signal?.aborted) throw error;
      if (patience.aborted) return { scheduler: null, problem: `${submission.driver} does not answer.` };
      if (error instanceof Cancelled || !(error instanceof AppError)) throw error;
      return { scheduler: null, problem: errorLine(error) };
    }
  }

  async #tell(
    facts: FolderFacts,
    scheduler: SchedulerState | null,
    problem: string | null,
  ): Promise<FarmStatus> {
    const { folder, job } = facts;
    const { known } = this.#memory(folder);
    const told = await statusOf(facts, { scheduler, home: this.#home(job), problem, known });
    this.#memory(folder).last = told;
    return told;
  }

  #home(job: FarmJob): ReadonlySet<number> {
    const ids = this.#collected.home(job.shots.map(({ number }) => takeId(job, number)));
    return new Set(job.shots.map(({ number }) => number).filter((number) => ids.has(takeId(job, number))));
  }

  #memory(folder: string): Memory {
    const memory = this.#memories.get(folder) ?? { known: new Map(), artefacts: new Set(), last: null };
    this.#memories.set(folder, memory);
    return memory;
  }

  #settings(driver: FarmDriver, given: DriverSettings): DriverSettings {
    return settingsFor(driver, { ...this.#kept(driver), ...given });
  }

  #kept(driver: FarmDriver): DriverSettings {
    return known(driver, this.list.settingsOf(driver.id));
  }
}

/** Without what an older version of the driver had. */
function known({ settings }: FarmDriver, kept: DriverSettings): DriverSettings {
  return Object.fromEntries(settings.flatMap(({ id }) => (kept[id] === undefined ? [] : [[id, kept[id]]])));
}

/** What runs since before stays to be asked and taken back. */
function together(before: Submission['ids'], now: Submission['ids']): Submission['ids'] {
  return Object.fromEntries(
    FARM_STEPS.map((step) => [step, [...new Set([...(before[step] ?? []), ...(now[step] ?? [])])]]),
  );
}

function movedAlong({ takesFolder, project }: SentFolder, to: string): string {
  const inside = relative(dirname(project.path), takesFolder);
  return inside.startsWith('..') || isAbsolute(inside) ? takesFolder : join(dirname(to), inside);
}

function unread({ folder, id, name, project, at }: SentFolder): FarmStatus {
  return {
    ...{ folder, id, name, at, driver: null, state: 'waiting', words: '', problem: null, shots: [] },
    project: { id: project.id, name: projectName(project.path) },
    invert: { done: 0, of: 0 },
  };
}
