import type { FormatSpec } from './format.ts';
import { PICTURES } from './pictures.ts';

export const exr: FormatSpec = {
  ...PICTURES,
  label: 'OpenEXR sequence',
  purpose: 'a picture a frame in linear light, half float, for Nuke and other compositing',
  extensions: ['', '.exr'],
  encoder: 'exr',
  pixelFormat: 'gbrpf32le',
  video: ['-format', 'half', '-compression', 'zip16'],
  alpha: { planar: 'gbrapf32le', pixelFormat: 'gbrapf32le', video: [] },
  bitsPerPixel: { usual: 25, least: 0.05 },
};
