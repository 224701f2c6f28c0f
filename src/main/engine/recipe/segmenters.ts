/** Networks that a mask is made with, opened before anything is computed. */
import { join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { Mask } from '../../../common/masks/mask.ts';
import { kindOf } from '../models/files.ts';
import type { OpenAloneOptions } from '../models/open-alone.ts';
import { segmenter } from '../models/roles/segmenter.ts';
import { openSegmenter, type Segmenter } from '../models/segmenter.ts';

/** By part. */
export class Segmenters extends Map<string, Segmenter> implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of new Set(this.values())) await one.close();
  }
}

/**
 * @param bundle path of the model; null where there is none yet
 * @throws AppError usage where neither the mask nor the model names a network, bundle-invalid; Cancelled
 */
export async function segmentersOf(
  mask: Mask | null,
  bundle: string | null,
  options: OpenAloneOptions,
): Promise<Segmenters> {
  const opened = new Map<string, Segmenter>();
  const found = new Segmenters();
  try {
    for (const part of mask?.parts ?? []) {
      if (part.kind !== 'segmenter') continue;
      const dir = part.model ?? (await ownOf(bundle));
      const one = opened.get(dir) ?? (await openSegmenter(dir, options));
      opened.set(dir, one);
      found.set(part.id, one);
    }
    return found;
  } catch (error) {
    await found[Symbol.asyncDispose]();
    throw error;
  }
}

async function ownOf(bundle: string | null): Promise<string> {
  const dir = bundle === null ? null : join(bundle, segmenter.folder);
  if (dir !== null && (await kindOf(dir)) === 'folder') return dir;
  throw new AppError('usage', 'the model has no network that finds objects', {
    doing: 'reading the mask',
    hint: 'Name the folder of one in the mask, or draw or paint the mask, or give a matte.',
  });
}
