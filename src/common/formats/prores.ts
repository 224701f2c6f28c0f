/** What all flavours of ProRes share; by the ASWF encoding guidelines, as the other formats. */
import { PCM } from './format.ts';

export const PRORES = {
  extensions: ['.mov'],
  muxer: 'mov',
  encoder: 'prores_ks',
  sound: PCM,
  movflags: '+write_colr',
  minimum: [1, 1],
  evenSides: false,
} as const;
