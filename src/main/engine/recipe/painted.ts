/** Pictures of the artist's own that stand for frames, looked at before anything is computed. */
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo, FrameRange } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { showsAll } from '../media/fit.ts';

/** A frame of a file: a still has one. */
export interface Painted {
  readonly file: ClipInfo;
  readonly at: number;
}

export interface PaintedClip {
  readonly pictures: EditSettings['guide']['pictures'];
  readonly clip: Pick<ClipInfo, 'width' | 'height'>;
  readonly range: FrameRange;
}

/**
 * By frame of the clip.
 * @throws AppError usage naming the picture that is outside of the edit, not in its file, or of another shape; as `probe` does
 */
export async function paintedOf(
  { pictures, clip, range }: PaintedClip,
  probe: (path: string) => Promise<ClipInfo>,
): Promise<ReadonlyMap<number, Painted>> {
  const found = new Map<number, Painted>();
  for (const { frame, path, at } of pictures) {
    const name = basename(path);
    if (frame < range.start || frame >= range.end) {
      throw refused(
        `${name} stands for frame ${frame}, which is outside the frames to edit`,
        `Give it to one from ${range.start} to ${range.end - 1}, or leave it out.`,
      );
    }
    const file = await probe(path);
    if (at >= file.frames) {
      const frames = file.frames === 1 ? 'one frame' : `frames 0 to ${file.frames - 1}`;
      throw refused(`${name} has ${frames}, and frame ${at} is asked for`, 'Name one that it has.');
    }
    if (!showsAll(file, clip)) {
      throw refused(
        `${name} is ${file.width}×${file.height}, another shape than the clip's ${clip.width}×${clip.height}`,
        'It must show the whole picture of the clip, at any size.',
      );
    }
    found.set(frame, { file, at });
  }
  return found;
}

function refused(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'reading the painted frames', hint });
}
