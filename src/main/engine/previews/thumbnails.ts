/** One sheet of thumbnails for the timeline, cut from the proxy because that decodes fast. */
import { basename } from 'node:path';
import type { ClipPreview } from '../../../common/contract/clips.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { writeFailure } from '../media/failure.ts';
import { resolveFfmpeg, runFfmpeg } from '../media/ffmpeg.ts';
import { sheetArgs, stillArgs } from '../media/preview-args.ts';

const MOST = 200;
const WIDTH = 160;
const COLUMNS = 20;
/** Of a thumbnail: a very tall clip must not make a sheet that no browser shows. */
const TALLEST = 320;

export type SheetLayout = Omit<ClipPreview['thumbnails'], 'sheet'>;

export function sheetLayout({
  width,
  height,
  frames,
}: Pick<ClipInfo, 'width' | 'height' | 'frames'>): SheetLayout {
  const every = Math.ceil(frames / MOST);
  const count = Math.ceil(frames / every);
  const tall = Math.round((WIDTH * height) / width);
  return {
    columns: Math.min(COLUMNS, count),
    count,
    every,
    width: WIDTH,
    height: Math.min(TALLEST, Math.max(2, 2 * Math.round(tall / 2))),
  };
}

export async function makeThumbnails(
  proxy: string,
  layout: SheetLayout,
  output: string,
  signal?: AbortSignal,
): Promise<void> {
  const doing = `making thumbnails of ${basename(proxy)}`;
  const rows = Math.ceil(layout.count / layout.columns);
  const args = sheetArgs(proxy, { ...layout, rows, output });
  const { code, tail } = await runFfmpeg(await resolveFfmpeg(), args, { doing, signal });
  if (code !== 0) throw writeFailure(doing, tail);
}

/** Of what is shown beside a name, on a screen with many pixels. */
const STILL_SIDE = 192;

/** A picture file, small. @throws AppError where it is none that can be read */
export async function makeStill(path: string, output: string, signal?: AbortSignal): Promise<void> {
  const doing = `showing ${basename(path)}`;
  const { code, tail } = await runFfmpeg(await resolveFfmpeg(), stillArgs(path, STILL_SIDE, output), {
    doing,
    signal,
  });
  if (code !== 0) throw writeFailure(doing, tail);
}
