import { prores422 } from './prores.ts';

export const prores422standard = prores422(2, {
  label: 'ProRes 422',
  purpose: 'for editing, two thirds the size of HQ',
  bitsPerPixel: { usual: 3.1, least: 0.07 },
});
