import type { FormatSpec } from './format.ts';
import { PICTURES } from './pictures.ts';

export const png: FormatSpec = {
  ...PICTURES,
  label: 'PNG sequence',
  purpose: 'a 16-bit picture a frame, with transparency',
  extensions: ['', '.png'],
  encoder: 'png',
  pixelFormat: 'rgb48be',
  video: [],
  alpha: { planar: 'gbrap16le', pixelFormat: 'rgba64be', video: [] },
  bitsPerPixel: { usual: 20, least: 0.05 },
};
