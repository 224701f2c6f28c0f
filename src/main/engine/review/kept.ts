/**
 * Scores are derived, so they are kept where all that is derived is: their key is made of everything that changes them. A take's
 * own report stays as the render wrote it.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ClipInfo } from '../../../common/media.ts';
import type { TakeScores } from '../../../common/take-scores.ts';
import { digestOf, keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { fingerprintOf } from '../media/fingerprint.ts';
import type { Take } from './take.ts';

/** Raise it when a number is measured differently: kept scores are then taken again. */
const VERSION = 1;

export interface ScoresOf {
  readonly take: Take;
  readonly clip: ClipInfo | string;
  /** Folders; null where none is asked. */
  readonly imageText: string | null;
  readonly features: string | null;
  readonly references: readonly ClipInfo[];
}

export async function keyOfScores({
  take,
  clip,
  imageText,
  features,
  references,
}: ScoresOf): Promise<string> {
  return keyOf('scores', VERSION, {
    take: await fingerprintOf(take.picture.path),
    report: digestOf(Buffer.from(JSON.stringify(take.report))),
    clip: typeof clip === 'string' ? clip : await fingerprintOf(clip.path),
    imageText: imageText && (await stampOfFolder(imageText)),
    features: features && (await stampOfFolder(features)),
    references: await Promise.all(references.map(({ path }) => fingerprintOf(path))),
  });
}

export function keptScores(store: ArtefactStore | null, key: string): TakeScores | null {
  return store?.get(kinds.scores, key)?.value ?? null;
}

export function keepScores(
  store: ArtefactStore | null,
  key: string,
  { take, clip }: ScoresOf,
  scores: TakeScores,
): void {
  store?.put(kinds.scores, key, scores, {
    name: basename(take.path),
    psnr: null,
    clip: typeof clip === 'string' ? '' : basename(clip.path),
    bundle: '',
    prompt: take.report.settings.prompts.target,
    settings: `${scores.width}×${scores.height}`,
  });
}

/** Changes whenever a file of a model does. */
async function stampOfFolder(dir: string): Promise<string> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  const stamps = await Promise.all(
    names.sort().map(async (name) => {
      const about = await stat(join(dir, name)).catch(() => null);
      return about?.isFile() ? `${name}\n${about.size}\n${about.mtimeMs}` : '';
    }),
  );
  return [dir, ...stamps].join('\n');
}
