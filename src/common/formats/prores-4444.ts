import type { FormatSpec } from './format.ts';
import { PRORES } from './prores.ts';

export const prores4444: FormatSpec = {
  ...PRORES,
  label: 'ProRes 4444',
  purpose: 'for compositing, with transparency',
  pixelFormat: 'yuv444p10le',
  video: ['-profile:v', '4', '-vendor', 'apl0', '-metadata:s:v:0', 'encoder=Apple ProRes 4444'],
  alpha: { planar: 'yuva444p10le', pixelFormat: 'yuva444p10le', video: ['-alpha_bits', '16'] },
  bitsPerPixel: { usual: 6.5, least: 0.08 },
};
