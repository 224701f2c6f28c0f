/** A job's folder, and takes in it, as other machines leave them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import type { AttemptState } from '../../src/main/engine/farm/attempts.ts';
import { type FarmJob, farmPaths, taskName } from '../../src/main/engine/farm/job-folder.ts';
import { writeManifest } from '../../src/main/engine/farm/take-folder.ts';
import { reportPath } from '../../src/main/engine/report-file.ts';
import { settingsWith } from './job-settings.ts';

interface Wish {
  readonly folder: string;
  readonly project: { readonly id: string; readonly path: string };
  readonly takesFolder: string;
  /** Names of the shots; the first is "shot-1" in the project. */
  readonly shots: readonly string[];
  readonly id?: string;
  readonly format?: EditSettings['output']['format'];
}

export function makeJobFolder({
  folder,
  project,
  takesFolder,
  shots,
  id = 'abcdefghjk',
  format,
}: Wish): FarmJob {
  const job: FarmJob = {
    ...{ format: 1, id, name: 'A film', version: '0.1.0', createdAt: 1, project, takesFolder },
    shots: shots.map((name, i) => ({ number: i + 1, shotId: `shot-${i + 1}`, name, start: 0, end: 24 })),
    ...{ units: [], unitsPerTask: 8, sources: [] },
  };
  mkdirSync(folder, { recursive: true });
  for (const { number, name } of job.shots) {
    mkdirSync(farmPaths.artefacts(folder, number), { recursive: true });
    const out = join(takesFolder, format === 'png' ? `${name} 1` : `${name} 1.mov`);
    const short = {
      clip: '/films/clip.mov',
      bundle: '/models/tiny',
      sourcePrompt: 'a car',
      prompt: 'a red car',
    };
    const settings = settingsWith({ ...short, out, ...(format && { format }) });
    writeFileSync(farmPaths.request(folder, number), JSON.stringify(settings));
  }
  writeFileSync(farmPaths.job(folder), JSON.stringify(job));
  return job;
}

/** What a machine brings: of a sequence the pictures "name.1001.png" and so on. */
export async function bringToFolder(
  folder: string,
  number: number,
  content: string | readonly string[] = `the take of shot ${number}`,
): Promise<void> {
  const settings: EditSettings = JSON.parse(await readFile(farmPaths.request(folder, number), 'utf8'));
  const own = join(farmPaths.shot(folder, number), '.take.an-attempt');
  const take = basename(settings.output.path);
  const place = join(own, take);
  mkdirSync(own, { recursive: true });
  const pictures = typeof content === 'string' ? null : content;
  if (pictures) mkdirSync(place);
  for (const [i, one] of (pictures ?? []).entries())
    writeFileSync(join(place, `${take}.${1001 + i}.png`), one);
  if (!pictures) writeFileSync(place, content as string);
  const bytes = pictures ? Buffer.byteLength(pictures.join('')) : Buffer.byteLength(content as string);
  const report = {
    ...{ retake: '0.1.0', job: `abcdefghjk-${number}`, settings, range: { start: 0, end: 24 } },
    ...{ clip: { path: settings.source.clip }, bundle: { name: 'tiny' }, seconds: { total: 2 } },
    ...{ inversion: { frames: 0, reconstruction: null }, warnings: [] },
    take: { path: place, bytes, format: settings.output.format, frames: pictures?.length ?? 24, notes: [] },
  };
  writeFileSync(reportPath(place), JSON.stringify(report));
  await writeManifest(own, { take, report: basename(reportPath(place)) });
  await rename(own, farmPaths.take(folder, number));
}

/** An attempt at a render, as it tells of itself. */
export function attemptIn(folder: string, number: number, name: string, said: Partial<AttemptState>): void {
  const state: AttemptState = {
    ...{ state: 'running', host: 'n1', fraction: 0.5, doing: 'rendering 3/6' },
    ...{ startedAt: Date.now(), updatedAt: Date.now(), error: null, lines: ['a line'] },
    ...said,
  };
  const place = join(folder, 'attempts', taskName('render', { first: number, last: number }), name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'state.json'), JSON.stringify(state));
}
