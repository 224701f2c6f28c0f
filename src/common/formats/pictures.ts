/** What all folders of numbered pictures share. */
import { PCM } from './format.ts';

export const PICTURES = {
  muxer: 'image2',
  sound: PCM,
  movflags: null,
  minimum: [1, 1],
  evenSides: false,
  lossless: true,
} as const;
