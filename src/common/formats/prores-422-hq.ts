import { prores422 } from './prores.ts';

export const prores422hq = prores422(3, {
  label: 'ProRes 422 HQ',
  purpose: 'for editing and grading, in nearly every program',
  bitsPerPixel: { usual: 4.5, least: 0.07 },
});
