/** A frame of a clip as a PNG, to be painted over in another program. */

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ClipInfo } from '../../../common/media.ts';
import { rational } from '../../../common/time/rational.ts';
import { makeWhole } from '../../atomic-files.ts';
import { QUIET } from './args.ts';
import { decodeFrame } from './decode.ts';
import { writeFailure } from './failure.ts';
import { FfmpegProcess, resolveFfmpeg } from './ffmpeg.ts';
import { inputCanvases } from './input.ts';
import { fromSystem, inWords } from './target.ts';

interface Picture {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * RGB of 8 bit at the clip's own size, as Retake reads it.
 * @param stem what the file is called, without its ending; a number is added where there is one of this name
 * @returns where it lies
 * @throws AppError clip-unreadable, output-unwritable, disk-full; Cancelled
 */
export async function saveStill(
  of: {
    readonly clip: ClipInfo;
    readonly frame: number;
    readonly folder: string;
    readonly stem: string;
    /** Makes it larger, or anything else of it. */
    readonly change?: ((picture: Picture) => Promise<Picture>) | undefined;
  },
  signal?: AbortSignal,
): Promise<string> {
  const { clip, frame, folder, stem, change } = of;
  const doing = `saving frame ${frame} of ${basename(clip.path)}`;
  const { width, height } = clip;
  const decoded = { rgb: await decodeFrame(clip, frame, { width, height, signal }), width, height };
  const picture = (await change?.(decoded)) ?? decoded;
  const file = join(folder, await freeName(folder, stem, doing));
  try {
    await makeWhole(file, (temporary) => writePng(temporary, { ...picture, doing }, signal));
  } catch (error) {
    throw inWords(error, doing);
  }
  return file;
}

async function writePng(
  path: string,
  of: { readonly rgb: Uint8Array; readonly width: number; readonly height: number; readonly doing: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = [
    ...QUIET,
    '-y',
    ...inputCanvases(of, rational(1), 'rgb24'),
    ...['-frames:v', '1', '-c:v', 'png', '-f', 'image2', '-update', '1', `file:${path}`],
  ];
  await using child = new FfmpegProcess(await resolveFfmpeg(), args, { doing: of.doing, signal });
  await child.write(of.rgb);
  const { code, tail } = await child.finished();
  if (code !== 0) throw writeFailure(of.doing, tail);
}

async function freeName(folder: string, stem: string, doing: string): Promise<string> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fromSystem(error, doing);
  });
  const taken = new Set(names.map((name) => name.toLowerCase()));
  for (let n = 1; ; n += 1) {
    const name = `${stem}${n === 1 ? '' : ` ${n}`}.png`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}
