import { type FormatSpec, PCM } from './format.ts';

export const ffv1: FormatSpec = {
  label: 'FFV1',
  purpose: 'for keeping: every frame whole, with a checksum; few editing programs read it',
  extensions: ['.mkv'],
  muxer: 'matroska',
  encoder: 'ffv1',
  pixelFormat: 'gbrp16le',
  video: ['-level', '3', '-g', '1', '-slicecrc', '1'],
  alpha: { planar: 'gbrap16le', pixelFormat: 'gbrap16le', video: [] },
  sound: PCM,
  movflags: null,
  minimum: [1, 1],
  evenSides: false,
  lossless: true,
  bitsPerPixel: { usual: 12.5, least: 0.05 },
};
