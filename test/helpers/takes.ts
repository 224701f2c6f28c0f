/** Takes that show their clip unchanged, and what a played file says of itself. */

import { execFileSync } from 'node:child_process';
import type { ClipInfo } from '../../src/common/media.ts';
import type { TakeFile } from '../../src/common/report.ts';
import { decodeFrames } from '../../src/main/engine/media/decode.ts';
import { openTake, type TakeOptions } from '../../src/main/engine/media/encode.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { wholeFit } from './clips.ts';

type Wish = Partial<TakeOptions> & Pick<TakeOptions, 'out' | 'format'>;

/** Decodes a range, the whole clip by default, and writes it again. */
export async function copyTake(clip: ClipInfo, wish: Wish): Promise<TakeFile> {
  const fit = wholeFit(clip);
  const range = wish.range ?? { start: 0, end: clip.frames };
  const take = await openTake({ clip, fit, range, ...wish });
  try {
    for await (const { rgb } of decodeFrames(clip, { range, fit }))
      await take.write(new Float32Array(rgb).map((v) => v / 255));
    return await take.finish();
  } finally {
    await take.abort();
  }
}

/** Stdout of ffmpeg. */
export async function ffmpegSays(...args: string[]): Promise<Buffer> {
  const { path } = await resolveFfmpeg();
  return execFileSync(path, ['-hide_banner', '-v', 'error', '-nostdin', ...args], { maxBuffer: 1 << 28 });
}
