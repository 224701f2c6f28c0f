import { AAC, type FormatSpec } from './format.ts';

export const h264: FormatSpec = {
  label: 'H.264',
  purpose: 'for sending and the web, 8 bit',
  extensions: ['.mp4', '.mov', '.m4v'],
  muxer: 'mp4',
  encoder: 'libx264',
  pixelFormat: 'yuv420p',
  video: ['-crf', '16', '-preset', 'medium', '-bf', '2'],
  alpha: null,
  sound: AAC,
  movflags: '+write_colr+faststart',
  minimum: [2, 2],
  evenSides: true,
  lossless: false,
  bitsPerPixel: { usual: 0.5, least: 0.001 },
};
