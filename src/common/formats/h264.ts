import type { FormatSpec } from './format.ts';

export const h264: FormatSpec = {
  label: 'H.264',
  extensions: ['.mp4', '.mov', '.m4v'],
  muxer: 'mp4',
  encoder: 'libx264',
  pixelFormat: 'yuv420p',
  video: ['-crf', '16', '-preset', 'medium', '-bf', '2'],
  alpha: null,
  sound: {
    encoder: 'aac',
    rates: [7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000],
    bitRate: 128_000,
  },
  movflags: '+write_colr+faststart',
  minimum: [2, 2],
  evenSides: true,
  bitsPerPixel: { usual: 0.5, least: 0.001 },
};
