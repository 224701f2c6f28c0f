/**
 * Brings home what a job's folder holds: takes to the artist's folder and their projects, artefacts to the cache. Asked any number of
 * times, by any machine, and killed at any moment, each take comes home once: its place is promised before it is copied, and it
 * becomes a job that is done in the same transaction that says it is home.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FarmCollected } from '../../../common/contract/farm.ts';
import { AppError, errorLine, throwIfCancelled } from '../../../common/errors.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { inWords } from '../media/target.ts';
import type { ProjectRef } from '../project/file.ts';
import { CollectedTakes, promisedPaths } from '../queue/collected.ts';
import { folderFor } from '../queue/run.ts';
import type { JobStore } from '../queue/store.ts';
import { TakeNames } from '../queue/take-name.ts';
import { lockFile } from '../storage/db.ts';
import { takeIn } from './artefact-folder.ts';
import { bringTake } from './bring-take.ts';
import { type FarmJob, farmPaths } from './job-folder.ts';
import { hasTake } from './missing.ts';

export interface CollectRequest {
  readonly folder: string;
  readonly job: FarmJob;
  /** Where they are now; the job says where they were. */
  readonly project: ProjectRef;
  readonly takesFolder: string;
}

export interface CollectParts {
  readonly store: JobStore;
  readonly cache: ArtefactStore | null;
  /** Folder of locks: one engine of this machine collects a job at a time. */
  readonly locks: string;
  /** Folders of artefacts that this process has taken in already; they never change. */
  readonly known: Set<string>;
  /** Files takes that are home in their project; answers what hinders it, a line each. */
  readonly file: (ids: readonly string[]) => readonly string[];
}

const DOING = 'collecting from the farm';

/** Of the job that a shot's take is at the desk: the same for everybody who collects it. */
export function takeId(job: FarmJob, number: number): string {
  return `${job.id}-${number}`;
}

/** @throws AppError job-busy while another engine collects it; output-unwritable, disk-full, cache-unusable; Cancelled */
export async function collect(
  request: CollectRequest,
  parts: CollectParts,
  signal?: AbortSignal,
): Promise<FarmCollected> {
  const { folder, job } = request;
  const lock = lockFile(join(parts.locks, `farm-${job.id}.lock`), { waitMs: 0, doing: DOING });
  if (!lock) {
    throw new AppError('job-busy', 'another Retake is collecting it just now', {
      doing: DOING,
      hint: 'Try again.',
    });
  }
  try {
    const refused: string[] = [];
    const takes = await bringTakes(request, parts, refused, signal);
    const artefacts = await mergeArtefacts(request, parts, refused, signal);
    return { folder, ...takes, artefacts, refused };
  } finally {
    lock.release();
  }
}

type Brought = Pick<FarmCollected, 'takes' | 'before' | 'missing' | 'unfiled'>;

async function bringTakes(
  { folder, job, project, takesFolder }: CollectRequest,
  { store, file }: CollectParts,
  refused: string[],
  signal?: AbortSignal,
): Promise<Brought> {
  const collected = new CollectedTakes(store);
  const ids = new Map(job.shots.map(({ number }) => [number, takeId(job, number)]));
  const home = collected.home([...ids.values()]);
  const away = job.shots.filter(({ number }) => !home.has(ids.get(number)!));
  const ready = away.filter(({ number }) => hasTake(folder, number));
  if (ready.length > 0) await requirePlace(takesFolder);
  const names = await TakeNames.of(takesFolder, promisedPaths(store));
  const takes: FarmCollected['takes'][number][] = [];
  const unfiled: string[] = [];
  for (const { number, shotId, name } of ready) {
    throwIfCancelled(signal);
    const id = ids.get(number)!;
    const next: Parameters<typeof bringTake>[0]['next'] = (format) => {
      const path = names.next(name, format);
      collected.promise(id, path);
      return path;
    };
    const promised = collected.promised(id);
    try {
      const report = await bringTake({
        ...{ folder, number, id, next },
        promised: promised !== null && dirname(promised) === takesFolder ? promised : null,
      });
      collected.bring({ id, shotId, label: name, project, report });
      takes.push({ shot: number, name, path: report.take.path });
      unfiled.push(...file([id]));
    } catch (error) {
      const words = inWords(error, DOING);
      // What is wrong with one take is no reason to leave the others; a full disk is.
      if (!(words instanceof AppError) || STOPS.has(words.code)) throw words;
      refused.push(`${name}: ${errorLine(words)}`);
    }
  }
  const there = new Set(ready.map(({ number }) => number));
  return {
    takes,
    before: home.size,
    missing: away.map(({ number }) => number).filter((number) => !there.has(number)),
    unfiled,
  };
}

const STOPS: ReadonlySet<string> = new Set(['disk-full', 'output-unwritable', 'cache-unusable', 'internal']);

/** A machine that does not have the place of the takes must not make up one of its own. @throws AppError output-unwritable */
async function requirePlace(takesFolder: string): Promise<void> {
  if (!existsSync(dirname(takesFolder))) {
    throw new AppError('output-unwritable', `${dirname(takesFolder)} is not on this machine`, {
      doing: DOING,
      hint: 'Open the project from where it is now, or say where takes shall go.',
    });
  }
  await folderFor(join(takesFolder, 'take'));
}

async function mergeArtefacts(
  { folder, job }: CollectRequest,
  { cache, known }: CollectParts,
  refused: string[],
  signal?: AbortSignal,
): Promise<FarmCollected['artefacts']> {
  let [added, had, bytes] = [0, 0, 0];
  for (const { number, name } of cache ? job.shots : []) {
    const around = farmPaths.artefacts(folder, number);
    const names = await readdir(around).catch(() => []);
    for (const one of names.filter((name) => !name.startsWith('.'))) {
      throwIfCancelled(signal);
      const path = join(around, one);
      if (known.has(path)) continue;
      try {
        const taken = await takeIn(path, cache!, signal);
        added += taken.items;
        bytes += taken.bytes;
        had += taken.keys.length - taken.items;
        refused.push(...taken.damaged.map((what) => `${name}: ${what} in ${one} is damaged`));
        known.add(path);
      } catch (error) {
        const words = inWords(error, `reading ${one}`);
        if (!(words instanceof AppError)) throw words;
        refused.push(`${name}: ${errorLine(words)}`);
      }
    }
  }
  return { added, known: had, bytes };
}
