/** What all flavours of ProRes share; by the ASWF encoding guidelines, as the other formats. */
import { type FormatSpec, PCM } from './format.ts';

export const PRORES = {
  extensions: ['.mov'],
  muxer: 'mov',
  encoder: 'prores_ks',
  sound: PCM,
  movflags: '+write_colr',
  minimum: [1, 1],
  evenSides: false,
  lossless: false,
} as const;

/** One of 4:2:2, which have no place for transparency. @param profile its number in prores_ks */
export function prores422(
  profile: 0 | 1 | 2 | 3,
  own: Pick<FormatSpec, 'label' | 'purpose' | 'bitsPerPixel'>,
): FormatSpec {
  return {
    ...PRORES,
    ...own,
    pixelFormat: 'yuv422p10le',
    video: [
      ...['-profile:v', String(profile), '-vendor', 'apl0'],
      ...['-metadata:s:v:0', `encoder=Apple ${own.label}`],
    ],
    alpha: null,
  };
}
