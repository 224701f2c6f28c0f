import { type FormatSpec, PCM } from './format.ts';

export const cineform: FormatSpec = {
  label: 'CineForm',
  purpose: 'for editing on Windows, with transparency',
  extensions: ['.mov'],
  muxer: 'mov',
  encoder: 'cfhd',
  pixelFormat: 'yuv422p10le',
  video: ['-quality', 'film3'],
  alpha: { planar: 'gbrap12le', pixelFormat: 'gbrap12le', video: [] },
  sound: PCM,
  movflags: '+write_colr',
  minimum: [32, 32],
  steps: [16, 2],
  evenSides: false,
  lossless: false,
  bitsPerPixel: { usual: 5.3, least: 0.5 },
};
