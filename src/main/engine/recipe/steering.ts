/** What frames are pulled to, looked at before anything is computed. */
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { settingWord } from '../../../common/settings/setting-word.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { Need } from '../methods/have.ts';
import { imageTextIn } from '../models/image-text-networks.ts';

export interface SteeringGuide {
  /** Folder of the image-text model; null where the method looks at no picture. */
  readonly imageText: string | null;
  /** Files of the style pictures; none where the method reads none. */
  readonly styles: readonly ClipInfo[];
}

/**
 * @param needs of the method
 * @throws AppError usage where the method asks for what the settings do not name, bundle-invalid where a folder holds no
 * image-text model; as `probe` does
 */
export async function steeringOf(
  { settings, needs }: { readonly settings: Pick<EditSettings, 'guide'>; readonly needs: readonly Need[] },
  probe: (path: string) => Promise<ClipInfo>,
): Promise<SteeringGuide> {
  const { steerBy, style } = settings.guide;
  const looks = needs.includes('likeness');
  if (looks && steerBy === null)
    throw refused(
      'pictures are to be compared with words or pictures, and no image-text model is named',
      `Name the folder of a CLIP model in ${settingWord('guide.steerBy')}, or pull to the style by colours alone.`,
    );
  if (looks && steerBy !== null) await imageTextIn(steerBy);
  if (!needs.includes('style')) return { imageText: looks ? steerBy : null, styles: [] };
  if (style.length === 0)
    throw refused(
      'frames are to be pulled to a style, and there is no style picture',
      `Name one in ${settingWord('guide.style')}, or set the pull to the style to 0.`,
    );
  const styles: ClipInfo[] = [];
  for (const path of style) styles.push(await probe(path));
  return { imageText: looks ? steerBy : null, styles };
}

/** What is named and pulls nothing. */
export function steeringNotes(
  needs: readonly Need[],
  { guide: { steerBy, style } }: Pick<EditSettings, 'guide'>,
): string[] {
  const notes: string[] = [];
  if (steerBy !== null && !needs.includes('likeness'))
    notes.push(
      `${settingWord('guide.steerBy')} is not read: the method guided is steered by it, with -p prompt above 0, or -p style above 0 and -p styleBy=likeness`,
    );
  if (style.length > 0 && !needs.includes('style'))
    notes.push(
      `${settingWord('guide.style')} are not read: the method guided pulls to them, with -p style above 0`,
    );
  return notes;
}

function refused(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'reading what frames are pulled to', hint });
}
