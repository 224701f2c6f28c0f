import { prores422 } from './prores.ts';

export const prores422proxy = prores422(0, {
  label: 'ProRes 422 Proxy',
  purpose: 'for cutting offline',
  bitsPerPixel: { usual: 1, least: 0.07 },
});
