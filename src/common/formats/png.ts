import { type FormatSpec, PCM } from './format.ts';

export const png: FormatSpec = {
  label: 'a PNG sequence',
  extensions: ['', '.png'],
  muxer: 'image2',
  encoder: 'png',
  pixelFormat: 'rgb48be',
  video: [],
  alpha: { planar: 'gbrap16le', pixelFormat: 'rgba64be', video: [] },
  sound: PCM,
  movflags: null,
  minimum: [1, 1],
  evenSides: false,
  bitsPerPixel: { usual: 15, least: 0.05 },
};
