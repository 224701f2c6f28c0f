/** What a mask is made of beside itself, looked at before anything is computed. */
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { Mask } from '../../../common/masks/mask.ts';
import type { ClipInfo, FrameRange } from '../../../common/media.ts';
import { showsAll } from '../media/fit.ts';

export interface MaskedClip {
  readonly mask: Mask | null;
  readonly clip: Pick<ClipInfo, 'width' | 'height' | 'frames'>;
  readonly range: FrameRange;
}

/**
 * Files of mattes, by part.
 * @throws AppError usage naming the matte that does not fit its clip, or a brush of another one; as `probe` does
 */
export async function mattesOf(
  { mask, clip, range }: MaskedClip,
  probe: (path: string) => Promise<ClipInfo>,
): Promise<ReadonlyMap<string, ClipInfo>> {
  const found = new Map<string, ClipInfo>();
  for (const part of mask?.parts ?? []) {
    const beyond = part.kind === 'brush' ? part.strokes.find(({ frame }) => frame >= clip.frames) : undefined;
    if (beyond) {
      throw refused(
        `the brush was painted on frame ${beyond.frame}, and the clip has ${clip.frames}`,
        'Paint it on a frame of this clip.',
      );
    }
    if (part.kind !== 'matte') continue;
    const name = basename(part.path);
    const matte = await probe(part.path);
    const [first, last] = [range.start + part.offset, range.end - 1 + part.offset];
    if (matte.frames > 1 && (first < 0 || last >= matte.frames)) {
      throw refused(
        `the edit needs frames ${first} to ${last} of the matte ${name}, which has 0 to ${matte.frames - 1}`,
        'Give a matte as long as the clip, another offset, or a still.',
      );
    }
    if (!showsAll(matte, clip)) {
      throw refused(
        `the matte ${name} is ${matte.width}×${matte.height}, another shape than the clip's ${clip.width}×${clip.height}`,
        'It must show the whole picture of the clip, at any size.',
      );
    }
    if (part.channel === 'alpha' && !matte.alpha) {
      throw refused(`the matte ${name} has no transparency`, 'Take its brightness (luma) instead.');
    }
    found.set(part.id, matte);
  }
  return found;
}

/** What is likely not meant. */
export function matteNotes(mask: Mask | null, mattes: ReadonlyMap<string, ClipInfo>): string[] {
  return (mask?.parts ?? []).flatMap((part) =>
    part.kind === 'matte' && part.channel === 'luma' && mattes.get(part.id)?.alpha
      ? [`the matte ${basename(part.path)} has transparency, and its brightness is used (channel luma)`]
      : [],
  );
}

function refused(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'reading the mask', hint });
}
