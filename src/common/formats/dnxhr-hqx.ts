import { type FormatSpec, PCM } from './format.ts';

export const dnxhrHqx: FormatSpec = {
  label: 'DNxHR HQX',
  extensions: ['.mov'],
  muxer: 'mov',
  encoder: 'dnxhd',
  pixelFormat: 'yuv422p10le',
  video: ['-profile:v', 'dnxhr_hqx'],
  alpha: null,
  sound: PCM,
  movflags: '+write_colr',
  minimum: [256, 120],
  evenSides: false,
  // Every frame takes the same room, whatever it shows.
  bitsPerPixel: { usual: 3.55, least: 3.45 },
};
