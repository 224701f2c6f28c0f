/** Pictures to look at: a preview that plays anywhere, and clips under one another as rows of frames. */

import { resolveFfmpeg, runFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';

const COLUMNS = 6;
const CELL = 192;

async function ffmpeg(doing: string, ...args: string[]): Promise<void> {
  const { code, tail } = await runFfmpeg(await resolveFfmpeg(), ['-hide_banner', '-nostdin', '-y', ...args], {
    doing,
  });
  if (code !== 0) throw new Error(`${doing}: ${tail.join('\n')}`);
}

/** H.264 in MP4 with sound. */
export async function mp4Preview(take: string, out: string): Promise<void> {
  const video = ['-c:v', 'libx264', '-crf', '18', '-pix_fmt', 'yuv420p', '-movflags', '+faststart'];
  await ffmpeg(
    'writing the preview',
    '-i',
    take,
    '-map',
    '0:v:0',
    '-map',
    '0:a?',
    ...video,
    '-c:a',
    'aac',
    out,
  );
}

/** One row per clip, the same moments of the first `frames` in every column, as PNG. */
export async function contactSheet(clips: readonly string[], frames: number, out: string): Promise<void> {
  const step = Math.max(1, Math.floor(frames / COLUMNS));
  const rows = clips.map(
    (_, i) =>
      `[${i}:v:0]select='not(mod(n,${step}))',scale=${CELL}:-2:flags=lanczos,tile=${COLUMNS}x1:padding=4:color=0x16181d[row${i}]`,
  );
  const stack = `${clips.map((_, i) => `[row${i}]`).join('')}vstack=inputs=${clips.length}`;
  const inputs = clips.flatMap((clip) => ['-i', clip]);
  await ffmpeg(
    'writing the contact sheet',
    ...inputs,
    '-filter_complex',
    [...rows, stack].join(';'),
    '-frames:v',
    '1',
    out,
  );
}
