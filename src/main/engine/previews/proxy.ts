/** The film that the page plays and scrubs: small, every frame a key frame, exactly the clip's frames. */
import { basename } from 'node:path';
import type { ClipInfo } from '../../../common/media.ts';
import { writeFailure } from '../media/failure.ts';
import { canToneMap, requireEncoder, resolveFfmpeg, runFfmpeg } from '../media/ffmpeg.ts';
import { previewSize, proxyArgs, type Size } from '../media/preview-args.ts';

const LONGEST = 960;

export function proxySize(clip: ClipInfo): Size {
  return previewSize(clip, LONGEST);
}

/** @throws AppError encoder-missing, disk-full, output-unwritable, ffmpeg-failed; Cancelled */
export async function makeProxy(
  clip: ClipInfo,
  output: string,
  options: { readonly signal?: AbortSignal; readonly onFraction?: (fraction: number) => void },
): Promise<void> {
  const ffmpeg = await resolveFfmpeg();
  requireEncoder(ffmpeg, 'libx264');
  const doing = `making a preview of ${basename(clip.path)}`;
  const onOutput = (chunk: Buffer) => {
    const done = /^frame=\s*(\d+)$/m.exec(chunk.toString('latin1'));
    if (done) options.onFraction?.(Math.min(1, Number(done[1]) / clip.frames));
  };
  const plan = { ...proxySize(clip), toneMap: clip.hdr && canToneMap(ffmpeg), output };
  const { code, tail } = await runFfmpeg(ffmpeg, proxyArgs(clip, plan), {
    doing,
    signal: options.signal,
    onOutput,
  });
  if (code !== 0) throw writeFailure(doing, tail);
}
