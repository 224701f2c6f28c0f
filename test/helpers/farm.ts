/** A farm's job, written by hand as packing writes it, and tasks of it as schedulers run them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FarmTask, FarmTaskEnd } from '../../src/common/contract/farm-task.ts';
import { RETAKE_VERSION } from '../../src/common/contract/version.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { filesIn } from '../../src/common/settings/files.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { type FarmJob, farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { runTask, type TaskParts } from '../../src/main/engine/farm/run-task.ts';
import { fingerprintOf } from '../../src/main/engine/media/fingerprint.ts';
import { filesBelow } from './cli.ts';
import { settingsWith } from './job-settings.ts';

/** A job whose shots are those of edits that were made at the desk; units are single frames. */
export async function writeJob(
  folder: string,
  edits: readonly (TakeReport | EditSettings)[],
  more: Partial<FarmJob> = {},
): Promise<FarmJob> {
  const requests = edits.map((one) => ('settings' in one ? one.settings : one));
  const ranges = edits.map((one) => ('settings' in one ? one.range : one.source.range!));
  const shots = ranges.map((range, i) => ({
    number: i + 1,
    shotId: `s${i + 1}`,
    name: `Shot ${i + 1}`,
    ...{ start: range.start, end: range.end! },
  }));
  const job: FarmJob = {
    ...{
      format: 1,
      id: 'abcdefgh01',
      name: 'A film',
      version: RETAKE_VERSION,
      createdAt: 1,
      unitsPerTask: 5,
    },
    project: { id: 'p', path: '/films/A film.retake' },
    takesFolder: '/films/takes',
    shots,
    units: shots.flatMap(({ number, start, end }) =>
      Array.from({ length: end - start }, (_, i) => ({ shot: number, start: start + i, end: start + i + 1 })),
    ),
    sources: await sourcesOf(requests),
    ...more,
  };
  for (const [i, request] of requests.entries()) {
    const path = farmPaths.request(folder, i + 1);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(request));
  }
  writeFileSync(farmPaths.job(folder), JSON.stringify(job));
  return job;
}

async function sourcesOf(requests: readonly EditSettings[]): Promise<FarmJob['sources']> {
  const sources = new Map<string, FarmJob['sources'][number]>();
  for (const { path, use } of requests.flatMap((one) => filesIn(one))) {
    if (use === 'footage')
      sources.set(path, { path, use, fingerprint: await fingerprintOf(path), digests: null, copied: null });
    if (use === 'network')
      sources.set(path, { path, use: 'model', fingerprint: null, digests: filesBelow(path), copied: null });
  }
  return [...sources.values()];
}

/** A quick render of two frames. */
export function requestOf({
  clip,
  bundle,
  out,
}: Readonly<Record<'clip' | 'bundle' | 'out', string>>): EditSettings {
  const quick = { steps: 3, refinement: 0, provider: 'cpu', range: { start: 0, end: 2 } };
  return settingsWith({ clip, bundle, out, sourcePrompt: 'a red car', prompt: 'a white swan', ...quick });
}

export function task(folder: string, step: string, range: string, ...more: string[]): string[] {
  return [
    'farm',
    'run-task',
    folder,
    '--step',
    step,
    '--range',
    range,
    '--scratch',
    join(folder, '..', 'scratch'),
    ...more,
  ];
}

export interface Ended extends FarmTaskEnd {
  /** What it said on the way. */
  readonly lines: readonly string[];
}

/** The same in this process: no plugins are here. */
export async function runHere(
  folder: string,
  asked: Pick<FarmTask, 'step'> & Partial<FarmTask>,
  signal: AbortSignal = new AbortController().signal,
  onDoing: (doing: string) => void = () => {},
  lookMs?: number,
): Promise<Ended> {
  const lines: string[] = [];
  const parts: TaskParts = {
    lend: async () => {},
    installed: async () => [],
    onNews({ line, doing }) {
      if (line !== null) lines.push(line);
      onDoing(doing);
    },
    ...(lookMs !== undefined && { lookMs }),
  };
  const { first = 1, last = first } = asked;
  const whole: FarmTask = {
    ...{
      folder,
      attempt: null,
      map: [],
      pathMapping: null,
      models: [],
      scratch: join(folder, '..', 'scratch'),
    },
    ...asked,
    ...{ first, last },
  };
  return { ...(await runTask(whole, parts, signal)), lines };
}
