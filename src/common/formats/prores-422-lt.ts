import { prores422 } from './prores.ts';

export const prores422lt = prores422(1, {
  label: 'ProRes 422 LT',
  purpose: 'for editing where space is short',
  bitsPerPixel: { usual: 2.2, least: 0.07 },
});
