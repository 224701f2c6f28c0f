/** A farm job's folder for those who hand its tasks out: no request is in it, and tasks are whole when a test says so. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FarmJob, farmJob, farmPaths } from '../../src/main/engine/farm/job-folder.ts';

export interface FarmFolderMade extends Disposable {
  readonly folder: string;
  readonly job: FarmJob;
}

/** @param units shot and first frame of each, one frame long */
export function farmFolder(
  shots: number,
  units: readonly (readonly [shot: number, start: number])[] = [],
  unitsPerTask = 1,
): FarmFolderMade {
  const folder = mkdtempSync(join(tmpdir(), 'retake-test-'));
  const job = farmJob.parse({
    ...{ format: 1, id: 'abcdefgh01', name: 'A film', version: '1.0.0', createdAt: 1 },
    ...{ project: { id: 'p', path: '/films/A film.retake' }, takesFolder: '/films/takes' },
    shots: Array.from({ length: shots }, (_, i) => ({
      ...{ number: i + 1, shotId: `s${i + 1}`, name: `Shot ${i + 1}`, start: 0, end: 12 },
    })),
    units: units.map(([shot, start]) => ({ shot, start, end: start + 1 })),
    ...{ unitsPerTask, sources: [] },
  });
  writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
  return { folder, job, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

export function bringTake(folder: string, number: number): void {
  mkdirSync(farmPaths.take(folder, number), { recursive: true });
  writeFileSync(join(farmPaths.take(folder, number), 'take.json'), '{}');
}
