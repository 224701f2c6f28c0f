/** What can be refused of a render before it waits in the queue: its clip is still the film that was imported, and its take can be written. */
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { ClipRef } from '../../../common/project/document.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { rehearseTake } from '../media/encode.ts';
import { asExtended } from '../media/extended.ts';
import { fingerprintOf } from '../media/fingerprint.ts';
import { fitCanvas } from '../media/fit.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { checkTarget } from '../media/target.ts';
import { extensionOf } from '../recipe/extension.ts';
import { resolveRange } from '../recipe/request.ts';
import { reportPath } from '../report-file.ts';

/** Any canvas will do: a take has the clip's own size. */
const CANVAS = { size: 64, grid: 8 };

/** @throws AppError clip-changed, clip-unreadable */
export async function checkClip(clip: ClipRef): Promise<void> {
  const { bytes, digest } = await fingerprintOf(clip.path);
  if (bytes !== clip.fingerprint.bytes || digest !== clip.fingerprint.digest) {
    throw new AppError('clip-changed', 'another film lies there than the one that was imported', {
      doing: `reading ${basename(clip.path)}`,
      hint: 'Put the first one back, or import the new one.',
    });
  }
}

/** Writes one frame of the take where it will lie, and removes it. @throws AppError as rehearseTake does */
export async function checkTake(settings: EditSettings, probe: Probe): Promise<void> {
  const { path: out, format, alpha } = settings.output;
  const clip = await probe(settings.source.clip);
  await checkTarget(out, settings.source.clip, format, [basename(reportPath(out))]);
  const fit = fitCanvas(clip.width, clip.height, CANVAS);
  // Where a mask keeps the clip a take may have to be merged with it: then that is tried too.
  const range = resolveRange(settings, clip);
  const extension = extensionOf(settings, range);
  const merged = settings.guide.mask !== null || extension !== null;
  await rehearseTake({
    ...asExtended({ clip, range, alpha }, extension, settings.extend),
    fit,
    out,
    format,
    merged,
  });
}
