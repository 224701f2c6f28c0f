import type { FormatSpec } from './format.ts';
import { PICTURES } from './pictures.ts';

export const tiff: FormatSpec = {
  ...PICTURES,
  label: 'TIFF sequence',
  purpose: 'a 16-bit picture a frame, with transparency',
  extensions: ['', '.tif', '.tiff'],
  encoder: 'tiff',
  pixelFormat: 'rgb48le',
  video: ['-compression_algo', 'deflate'],
  alpha: { planar: 'gbrap16le', pixelFormat: 'rgba64le', video: [] },
  bitsPerPixel: { usual: 20, least: 0.05 },
};
