import type { FormatSpec } from './format.ts';
import { PRORES } from './prores.ts';

export const prores422hq: FormatSpec = {
  ...PRORES,
  label: 'ProRes 422 HQ',
  pixelFormat: 'yuv422p10le',
  video: ['-profile:v', '3', '-vendor', 'apl0', '-metadata:s:v:0', 'encoder=Apple ProRes 422 HQ'],
  alpha: null,
  bitsPerPixel: { usual: 4.5, least: 0.07 },
};
