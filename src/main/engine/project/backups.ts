/**
 * Copies of projects by the clock, in a folder of their own: what a project was an hour ago, yesterday, last week. The
 * states inside a project file are the last twenty saves, which may be ten seconds of typing.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Backup } from '../../../common/contract/projects.ts';
import { AppError } from '../../../common/errors.ts';
import type { ProjectDocument } from '../../../common/project/document.ts';
import { writeWhole } from '../../atomic-files.ts';
import { writeProject } from './database.ts';
import { type ProjectRef, readProject } from './file.ts';

const HOUR_MS = 3_600_000;
const HOURS_KEPT = 24;
const DAYS_KEPT = 30;
const FILE = /^(\d{12,14})\.retake$/;

const about = z.object({ name: z.string(), path: z.string() });

export class Backups {
  readonly #dir: string;
  readonly #now: () => number;
  /** When the newest of a project was made, by its folder. */
  readonly #newest = new Map<string, number>();

  constructor(dir: string, now: () => number = Date.now) {
    this.#dir = dir;
    this.#now = now;
  }

  /**
   * Called with every saved state; the first of each hour is kept. Paths in it are absolute, for it lies elsewhere.
   * @throws AppError disk-full, output-unwritable; the project itself is saved
   */
  async keep(project: ProjectRef, document: ProjectDocument): Promise<void> {
    const now = this.#now();
    const folder = join(this.#dir, folderOf(project.id));
    const newest = this.#newest.get(folder) ?? Math.max(0, ...(await timesIn(folder)));
    this.#newest.set(folder, newest);
    // A clock that was set back must not stop the backups.
    if (newest <= now && hourOf(newest) === hourOf(now)) return;
    this.#newest.set(folder, now);
    try {
      await mkdir(folder, { recursive: true });
      await writeWhole(
        join(folder, 'about.json'),
        JSON.stringify({ name: document.name, path: project.path }),
      );
      writeProject(join(folder, `${now}.retake`), document);
      for (const time of tooOld(await timesIn(folder)))
        await rm(join(folder, `${time}.retake`), { force: true });
    } catch (error) {
      this.#newest.set(folder, newest);
      throw error;
    }
  }

  /** Of all projects, the newest first. */
  async list(): Promise<Backup[]> {
    const folders = await readdir(this.#dir).catch(() => []);
    const lists = await Promise.all(folders.map((folder) => this.#of(folder)));
    return lists.flat().sort((a, b) => b.saved - a.saved);
  }

  /** What a listed backup holds. @throws AppError project-unreadable */
  read(id: string): ProjectDocument {
    const [folder, time] = id.split('-');
    if (!folder || !time) {
      throw new AppError('project-unreadable', 'there is no such backup', { doing: 'opening a backup' });
    }
    return readProject(join(this.#dir, folder, `${time}.retake`));
  }

  async #of(folder: string): Promise<Backup[]> {
    const text = await readFile(join(this.#dir, folder, 'about.json'), 'utf8').catch(() => null);
    const known = text === null ? null : about.safeParse(jsonOf(text)).data;
    if (!known) return [];
    const times = await timesIn(join(this.#dir, folder));
    return times.map((saved) => ({ id: `${folder}-${saved}`, saved, ...known }));
  }
}

/** Ids come out of files, names of folders must not. */
function folderOf(project: string): string {
  return createHash('sha256').update(project).digest('hex').slice(0, 16);
}

async function timesIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) => FILE.exec(basename(name))?.[1] ?? []).map(Number);
}

function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS);
}

/** All but the last of a day's hours for a day, and the last of each day for a month. */
export function tooOld(times: readonly number[]): number[] {
  const newestFirst = [...times].sort((a, b) => b - a);
  const kept = new Set(newestFirst.slice(0, HOURS_KEPT));
  const days = new Set<number>();
  for (const time of newestFirst) {
    const day = Math.floor(time / (24 * HOUR_MS));
    if (days.has(day)) continue;
    days.add(day);
    if (days.size <= DAYS_KEPT) kept.add(time);
  }
  return times.filter((time) => !kept.has(time));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
