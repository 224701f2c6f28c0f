import { AAC, type FormatSpec } from './format.ts';

export const hevc: FormatSpec = {
  label: 'HEVC 10-bit',
  purpose: 'for sending, small and without bands in skies',
  extensions: ['.mp4', '.mov', '.m4v'],
  muxer: 'mp4',
  encoder: 'libx265',
  pixelFormat: 'yuv420p10le',
  // Apple's players know it by this name only. x265 talks past ffmpeg's own levels.
  video: ['-crf', '16', '-preset', 'medium', '-tag:v', 'hvc1', '-x265-params', 'log-level=error'],
  alpha: null,
  sound: AAC,
  movflags: '+write_colr+faststart',
  minimum: [16, 16],
  evenSides: true,
  lossless: false,
  bitsPerPixel: { usual: 0.6, least: 0.001 },
};
