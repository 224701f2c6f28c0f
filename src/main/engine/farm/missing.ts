/** What of a job is not whole yet: read from the names in its folder alone, which appear when what they name is whole. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { balanced, type FarmJob, type FarmStep, farmPaths, numbersOf, type TaskRange } from './job-folder.ts';

/** Whether the take of a shot is whole. */
export function hasTake(folder: string, number: number): boolean {
  return existsSync(join(farmPaths.take(folder, number), 'take.json'));
}

/** Units of the step invert, from 1, of which what was made lies in the folder. */
export async function unitsThere(folder: string, job: FarmJob): Promise<ReadonlySet<number>> {
  const there = new Set<number>();
  const brought = new Map<number, readonly TaskRange[]>();
  for (const [index, { shot }] of job.units.entries()) {
    if (!brought.has(shot)) brought.set(shot, await rangesOf(farmPaths.artefacts(folder, shot)));
    const unit = index + 1;
    if (brought.get(shot)!.some(({ first, last }) => first <= unit && unit <= last)) there.add(unit);
  }
  return there;
}

async function rangesOf(artefacts: string): Promise<readonly TaskRange[]> {
  const names = await readdir(artefacts).catch(() => []);
  return names.flatMap((name) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(name);
    return match ? [{ first: Number(match[1]), last: Number(match[2] ?? match[1]) }] : [];
  });
}

/** Every task of a step, as they are handed out: those of `invert` take some units each. */
export function tasksOf(job: FarmJob, step: FarmStep): readonly TaskRange[] {
  return balanced(numbersOf(job, step), step === 'invert' ? job.unitsPerTask : 1);
}

/** Tasks that are still to be done. A unit is not, where the take that it was for is whole. */
export async function missingTasks(
  folder: string,
  job: FarmJob,
  step: FarmStep,
): Promise<readonly TaskRange[]> {
  const tasks = tasksOf(job, step);
  if (step === 'assemble') return existsSync(farmPaths.assembled(folder)) ? [] : tasks;
  const takes = new Set(job.shots.map(({ number }) => number).filter((number) => hasTake(folder, number)));
  if (step === 'render') return tasks.filter(({ first }) => !takes.has(first));
  const there = await unitsThere(folder, job);
  const wanted = (unit: number) => !there.has(unit) && !takes.has(job.units[unit - 1]!.shot);
  return tasks.filter(({ first, last }) => {
    for (let unit = first; unit <= last; unit++) if (wanted(unit)) return true;
    return false;
  });
}
