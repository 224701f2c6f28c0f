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
  minimum: [64, 32],
  // What ffmpeg's own reader takes, and older writers survive.
  steps: [32, 8],
  evenSides: false,
  lossless: false,
  bitsPerPixel: { usual: 5.3, least: 0.5 },
};
